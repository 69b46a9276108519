/**
 * What the fault process is told: where its API listens, the seed of every coin, the proxies it begins with, and every
 * bound. Nothing has a default.
 */
import { Type, type Static } from "typebox";
import { ListenSchema, ProcessConfigSchema } from "@cordon/runtime";

const Count = Type.Integer({ minimum: 1 });

export const FaultConfigSchema = Type.Object({
  ...ProcessConfigSchema.properties,
  /** Where the control API listens. It asks for no token: keep it on the loopback. */
  api: ListenSchema,
  /** With it every coin of every toxic falls: the same seed gives the same run. */
  seed: Type.String({ minLength: 1 }),
  /** Proxies made before the process says that it is ready. `listen` and `upstream` are host:port; port 0 listens on any. */
  proxies: Type.Array(Type.Object({ name: Type.String(), listen: Type.String(), upstream: Type.String() })),
  bounds: Type.Object({
    maxProxies: Count,
    maxToxicsPerProxy: Type.Integer({ minimum: 1, maximum: 64 }),
    /** Connections of one proxy that may be open at once; a further one is reset. */
    maxOpenLinks: Count,
    /** Bytes that may wait out a latency in one direction of a connection. */
    maxDelayedBytes: Count,
  }),
});
export type FaultConfig = Static<typeof FaultConfigSchema>;
