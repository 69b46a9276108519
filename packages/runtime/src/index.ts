/** The ground under every process: clock, configuration, log, events, HTTP, the link to the supervisor, hashing. */
export * from "./address.ts";
export * from "./clock.ts";
export * from "./config.ts";
export * from "./cpu.ts";
export * from "./events.ts";
export * from "./folder.ts";
export * from "./hash-cost.ts";
export * from "./hasher.ts";
export * from "./http.ts";
export type { RefusalForm } from "./http-refusal.ts";
export { closed } from "./http-schema.ts";
export * from "./lines.ts";
export * from "./lmdb.ts";
export * from "./log.ts";
export * from "./proc.ts";
export * from "./process.ts";
export * from "./supervisor-link.ts";
