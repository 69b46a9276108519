/** What the other packages may use of @cordon/control: how it is configured, and how it is started inside a test. */
export { ControlServiceConfigSchema, type ControlServiceConfig } from "./config.ts";
export { start } from "./start.ts";
