/** What the other packages may use of @cordon/auth: the shape of its configuration. */
export { AuthConfigSchema, type AuthConfig } from "./config.ts";
