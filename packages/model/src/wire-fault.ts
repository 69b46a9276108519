/**
 * The fault proxies' API. Shapes and paths are Toxiproxy's (2.x), so that its clients keep working; what is ours is
 * additive: the toxic types `silent` and `intermittent`, a lease on every toxic, and counters.
 *
 *   GET /version · GET|POST /proxies · GET|POST|DELETE /proxies/:name · POST /populate · POST /reset
 *   GET|POST /proxies/:name/toxics · GET|POST|DELETE /proxies/:name/toxics/:toxic
 *   GET /proxies/:name/counters    -> ProxyCounters  (ours)
 */
import { Type, type Static } from "typebox";

export const toxicTypes = ["silent", "intermittent", "latency", "reset_peer"] as const;
export type ToxicType = (typeof toxicTypes)[number];

export const ToxicSchema = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  type: Type.Enum(toxicTypes),
  stream: Type.Union([Type.Literal("upstream"), Type.Literal("downstream")]),
  /** Share of connections the toxic applies to; its coin is tossed by (seed, proxy, toxic, connection ordinal). */
  toxicity: Type.Number({ minimum: 0, maximum: 1 }),
  /** latency: latency, jitter (ms). reset_peer: timeout (ms). intermittent: share of exchanges 0..1. silent: none. */
  attributes: Type.Record(Type.String(), Type.Number()),
  /** Milliseconds after which the toxic takes itself away, unless it is posted again; absent: until removed. Ours. */
  leaseMs: Type.Optional(Type.Integer({ minimum: 1 })),
});
export type Toxic = Static<typeof ToxicSchema>;

export const ProxySchema = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  listen: Type.String(),
  upstream: Type.String(),
  enabled: Type.Boolean(),
  toxics: Type.Array(ToxicSchema),
});
export type Proxy = Static<typeof ProxySchema>;

/** Live counts since the proxy was made. An exchange is a turn: the first bytes of a client after an answer (or a connect). */
export const ProxyCountersSchema = Type.Object({
  connections: Type.Integer(),
  open: Type.Integer(),
  exchanges: Type.Integer(),
  bytesUp: Type.Integer(),
  bytesDown: Type.Integer(),
  /** Toxic name -> how many connections or exchanges it bit. */
  applied: Type.Record(Type.String(), Type.Integer()),
});
export type ProxyCounters = Static<typeof ProxyCountersSchema>;
