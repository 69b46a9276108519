/** What the other packages may use of @cordon/mail. */
export {};
