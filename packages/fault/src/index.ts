/** What the drill may use of the fault proxies: their client, faults of whole processes, and the shape of the configuration. */
export * from "./client.ts";
export { FaultConfigSchema, type FaultConfig } from "./config.ts";
export type { SecondCount } from "./counters.ts";
export * from "./process-fault.ts";
