/**
 * The fault proxies' API. Shapes and paths are Toxiproxy's (2.x), so that its clients keep working; what is ours is
 * additive: some toxic types, a lease on every toxic and on a disabled proxy, counters, and what is left of a lease.
 *
 *   GET /version · GET|POST /proxies · GET|POST|PATCH|DELETE /proxies/:name · POST /populate · POST /reset · GET /metrics
 *   GET|POST /proxies/:name/toxics · GET|POST|PATCH|DELETE /proxies/:name/toxics/:toxic
 *   GET /proxies/:name/counters    -> ProxyCounters  (ours)
 */
import { Type, type Static } from "typebox";

/** Toxiproxy's own, then ours. */
export const toxicTypes = [
  "latency",
  "bandwidth",
  "slow_close",
  "timeout",
  "reset_peer",
  "slicer",
  "limit_data",
  "noop",
  "silent",
  "intermittent",
  "first_n",
  "packet_loss",
  "syn_drop",
] as const;
export type ToxicType = (typeof toxicTypes)[number];

export const ToxicSchema = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  type: Type.Enum(toxicTypes),
  stream: Type.Union([Type.Literal("upstream"), Type.Literal("downstream")]),
  /** Share of connections the toxic applies to; its coin is tossed by (seed, proxy, toxic, connection ordinal). */
  toxicity: Type.Number({ minimum: 0, maximum: 1 }),
  /** What each type takes, in which unit and range, stands in its file under packages/fault/src/toxics. */
  attributes: Type.Record(Type.String(), Type.Number()),
  /** Milliseconds after which the toxic takes itself away, unless it is posted again; absent: until removed. Ours. */
  leaseMs: Type.Optional(Type.Integer({ minimum: 1 })),
});
export type Toxic = Static<typeof ToxicSchema>;

/** A toxic as it is answered: with what it has done, and how long it still has. */
export const ToxicStateSchema = Type.Object({
  ...ToxicSchema.properties,
  /** Milliseconds until it takes itself away; absent without a lease. Ours. */
  leaseLeftMs: Type.Optional(Type.Integer({ minimum: 0 })),
  /** How many connections or exchanges it has bitten. Ours. */
  applied: Type.Integer(),
});
export type ToxicState = Static<typeof ToxicStateSchema>;

/** Live counts since the proxy was made. An exchange is a turn: the first bytes of a client after an answer (or a connect). */
export const ProxyCountersSchema = Type.Object({
  /** Accepted, and open at this moment. */
  connections: Type.Integer(),
  open: Type.Integer(),
  exchanges: Type.Integer(),
  /** Received from clients, and from the upstream, whatever became of it. */
  bytesUp: Type.Integer(),
  bytesDown: Type.Integer(),
  /** Of these, given to the system for the upstream, and for clients. The rest was swallowed, or waits in a toxic. */
  deliveredUp: Type.Integer(),
  deliveredDown: Type.Integer(),
  /** Toxic name -> how many connections or exchanges it bit. */
  applied: Type.Record(Type.String(), Type.Integer()),
});
export type ProxyCounters = Static<typeof ProxyCountersSchema>;

export const ProxySchema = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  listen: Type.String(),
  upstream: Type.String(),
  enabled: Type.Boolean(),
  toxics: Type.Array(ToxicStateSchema),
  /** Of a disabled proxy: the milliseconds it was disabled for, and those until it enables itself. Ours. */
  leaseMs: Type.Optional(Type.Integer({ minimum: 1 })),
  leaseLeftMs: Type.Optional(Type.Integer({ minimum: 0 })),
  /** Ours. */
  counters: ProxyCountersSchema,
});
export type Proxy = Static<typeof ProxySchema>;
