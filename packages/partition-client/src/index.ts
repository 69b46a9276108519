/** What the other packages may use of @cordon/partition-client. */
export {};
