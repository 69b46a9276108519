/**
 * What the holder of a freeze is told: which process, and for how long. The file is also where a freeze can be read of by
 * whoever asks which faults there are: it stands as long as the holder lives.
 */
import { Type, type Static } from "typebox";
import { ProcessConfigSchema } from "@cordon/runtime";

export const FreezeConfigSchema = Type.Object({
  ...ProcessConfigSchema.properties,
  /** The run's folder: whoever stops a process writes it into the run's journal first. */
  dir: Type.String({ minLength: 1 }),
  target: Type.Object({
    name: Type.String({ minLength: 1 }),
    pid: Type.Integer({ minimum: 1 }),
    startTicks: Type.Integer({ minimum: 0 }),
  }),
  leaseMs: Type.Integer({ minimum: 1 }),
  /** Wall time at which the lease ends, milliseconds. */
  until: Type.Number(),
});
export type FreezeConfig = Static<typeof FreezeConfigSchema>;
