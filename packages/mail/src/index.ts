/** The post: what other packages may know of the mail service. It is a process; they meet it on the wire. */
export { MailConfigSchema, type MailConfig } from "./config.ts";
