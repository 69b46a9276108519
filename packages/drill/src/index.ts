/** What the other packages may use of @cordon/drill. */
export {};
