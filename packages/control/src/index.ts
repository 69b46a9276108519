/** What the other packages may use of @cordon/control: the shape of its configuration. It is reached as a process. */
export { ControlServiceConfigSchema, type ControlServiceConfig } from "./config.ts";
