/** What the other packages may use of @cordon/control. */
export {};
