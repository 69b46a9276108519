/** What the other packages may use of @cordon/directory. */
export {};
