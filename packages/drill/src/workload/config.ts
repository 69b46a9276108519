/** What the generator process is told: when to begin, what to send and where, and how patient a client is. */
import { Type, type Static } from "typebox";
import { PartitionIdSchema } from "@cordon/model";
import { ProcessConfigSchema } from "@cordon/runtime";

export const GeneratorConfigSchema = Type.Object({
  ...ProcessConfigSchema.properties,
  /** CLOCK_MONOTONIC milliseconds of the schedule's start. */
  startAt: Type.Number(),
  seed: Type.String(),
  lengthMs: Type.Number({ exclusiveMinimum: 0 }),
  signInPerSecond: Type.Number({ exclusiveMinimum: 0 }),
  mailPerSecond: Type.Number({ exclusiveMinimum: 0 }),
  aliasShare: Type.Number({ minimum: 0, maximum: 1 }),
  partitions: Type.Array(PartitionIdSchema, { minItems: 1 }),
  users: Type.Integer({ minimum: 1 }),
  authUrl: Type.String({ format: "uri" }),
  mx: Type.Object({ host: Type.String(), port: Type.Integer({ minimum: 1 }) }),
  patienceMs: Type.Number({ exclusiveMinimum: 0 }),
  /** Attempts under way at once, at most; one more is recorded as unsent. */
  maxInFlight: Type.Integer({ minimum: 1 }),
  /** After the schedule's last send, answers are waited for this long; what is open then is `unknown`. */
  graceMs: Type.Number({ exclusiveMinimum: 0 }),
  historyFile: Type.String({ minLength: 1 }),
});
export type GeneratorConfig = Static<typeof GeneratorConfigSchema>;
