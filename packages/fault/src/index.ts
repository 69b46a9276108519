/** What the other packages may use of @cordon/fault. */
export {};
