/**
 * What `control` says over HTTP: everything that must outlive a partition. Feeds are long polls: `after` names the last
 * revision (or epoch) the client has, `waitMs` how long the answer may be held back when there is nothing newer.
 * A call that changes something is a POST or PUT with `authorization: Bearer <lab token>`.
 *
 *   GET  /v1/map?after=E&waitMs=N             -> SignedMap            (204 when nothing newer came)
 *   PUT  /v1/map   MapChange                  -> SignedMap            (409 when the epoch has moved on)
 *   GET  /v1/map-key                          -> {publicKey}         Ed25519, SPKI, PEM
 *   GET  /v1/operator?after=R&waitMs=N&store=S     -> OperatorState
 *   POST /v1/operator  OperatorOrder          -> OperatorState
 *   GET  /v1/revocations?after=R&waitMs=N&store=S  -> RevocationFeed
 *   POST /v1/revocations NewRevocation        -> Revocation           durable when answered
 *
 * A control that has lost its store counts its revisions from the beginning: a revision means something beside the `store`
 * it is of. `store` names the one that `after` is of; where control has another, it answers at once, from its beginning.
 */
import { Type, type Static } from "typebox";
import { PartitionIdSchema } from "./ids.ts";
import { PartitionMapSchema } from "./partition-map.ts";

export const MapChangeSchema = Type.Object({
  /** The epoch the change was made from; 0 for the first map. */
  from: Type.Integer({ minimum: 0 }),
  map: PartitionMapSchema,
});
export type MapChange = Static<typeof MapChangeSchema>;

/** The operator's hand on one partition. It stands above every judgement of the machine and survives restarts. */
export const OperatorPartitionSchema = Type.Union([
  Type.Object({ mode: Type.Literal("automatic"), revision: Type.Integer({ minimum: 0 }) }),
  Type.Object({ mode: Type.Literal("isolated"), revision: Type.Integer({ minimum: 1 }), since: Type.Number() }),
]);

/** The identity of control's store, made with it: random, and never given twice. */
const StoreIdSchema = Type.String({ pattern: "^[0-9a-f]{16,64}$" });

export const OperatorStateSchema = Type.Object({
  /** The store that the revisions below are of. Absent from copies that are older than this word. */
  store: Type.Optional(StoreIdSchema),
  revision: Type.Integer({ minimum: 0 }),
  /** Partitions an order was ever given for; the rest are automatic. */
  partitions: Type.Record(PartitionIdSchema, OperatorPartitionSchema),
  /** Failovers that were ordered, newest last, at most 100; the supervisor carries out those it has not done yet. */
  failovers: Type.Array(Type.Object({ revision: Type.Integer({ minimum: 1 }), partition: PartitionIdSchema }), {
    maxItems: 100,
  }),
});
export type OperatorState = Static<typeof OperatorStateSchema>;

export const OperatorOrderSchema = Type.Object({
  order: Type.Union([Type.Literal("isolate"), Type.Literal("rejoin"), Type.Literal("failover")]),
  partition: PartitionIdSchema,
});
export type OperatorOrder = Static<typeof OperatorOrderSchema>;

export const RevocationReasonSchema = Type.Union([
  Type.Literal("password-changed"),
  Type.Literal("disabled"),
  Type.Literal("enabled"),
  Type.Literal("deleted"),
]);
export type RevocationReason = Static<typeof RevocationReasonSchema>;

export const NewRevocationSchema = Type.Object({
  address: Type.String({ minLength: 3, maxLength: 400 }),
  reason: RevocationReasonSchema,
});
export type NewRevocation = Static<typeof NewRevocationSchema>;

/**
 * One line of the revocation log. `credentialEpoch` is allotted by control and grows by one with each line of an
 * address; credentials and tokens of a lower epoch are no longer good.
 */
export const RevocationSchema = Type.Object({
  revision: Type.Integer({ minimum: 1 }),
  address: Type.String(),
  reason: RevocationReasonSchema,
  credentialEpoch: Type.Integer({ minimum: 1 }),
  /** Wall time, for people. */
  at: Type.Number(),
});
export type Revocation = Static<typeof RevocationSchema>;

export const RevocationFeedSchema = Type.Object({
  /** The store that the revisions are of. */
  store: Type.Optional(StoreIdSchema),
  /** The newest revision control has. */
  revision: Type.Integer({ minimum: 0 }),
  /**
   * Up to which revision the feed is complete: what is missing below it is moot, or older than control keeps lines, and is
   * not to be had. Absent: up to the last entry's.
   */
  upTo: Type.Optional(Type.Integer({ minimum: 0 })),
  entries: Type.Array(RevocationSchema, { maxItems: 1000 }),
});
export type RevocationFeed = Static<typeof RevocationFeedSchema>;
