/** What the other packages may use of @cordon/measure. */
export {};
