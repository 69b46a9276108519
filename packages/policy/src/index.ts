/** What the other packages may use of @cordon/policy. */
export {};
