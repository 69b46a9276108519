/** The words of Cordon: what every package says to every other, and nothing that does anything. */
export * from "./address.ts";
export * from "./events.ts";
export * from "./hash.ts";
export * from "./history.ts";
export * from "./ids.ts";
export * from "./partition-map.ts";
export * from "./problem.ts";
export * from "./protections.ts";
export * from "./result.ts";
export * from "./settings.ts";
export * from "./time.ts";
export * from "./wire-auth.ts";
export * from "./wire-control.ts";
export * from "./wire-directory.ts";
export * from "./wire-fault.ts";
export * from "./wire-mail.ts";
export * from "./wire-supervisor.ts";
