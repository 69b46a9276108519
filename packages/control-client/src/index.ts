/** A caller's end of control: what must outlive a partition, heard and kept. */
export { ControlConfigSchema, createControlClient, type ControlClient, type ControlConfig } from "./control-client.ts";
export { openSignedMap } from "./signed-map.ts";
