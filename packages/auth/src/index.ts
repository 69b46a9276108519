/** What the other packages may use of @cordon/auth. */
export {};
