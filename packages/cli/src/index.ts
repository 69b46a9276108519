/** What the other packages may use of @cordon/cli. */
export {};
