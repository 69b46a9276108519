/**
 * What a role instance of a directory partition says over HTTP. One schema a message, used by the server to check and
 * by the client to parse. Every expected answer is a 200 with a `kind`; a status of 4xx or 5xx is a problem document.
 *
 *   POST /v1/verify                {address, password}          -> VerifyAnswer
 *   POST /v1/lookup                {address}                    -> LookupAnswer
 *   POST /v1/users                 NewUser                      -> WriteAnswer
 *   GET/PATCH/DELETE /v1/users/:address                         -> UserRecord | WriteAnswer
 *   PUT/DELETE /v1/aliases/:address {target}, PUT/DELETE /v1/groups/:address {members}   -> WriteAnswer
 *   POST /v1/import                NDJSON of ImportLine         -> ImportAnswer
 *
 * Request headers: `x-cordon-deadline-ms` remaining milliseconds of the caller's deadline; `x-cordon-at-least` a
 * revision the answer must include. Answer header: `x-cordon-free-seats` hashing seats the instance believes are free.
 */
import { Type, type Static } from "typebox";

export const deadlineHeader = "x-cordon-deadline-ms";
export const atLeastHeader = "x-cordon-at-least";
export const freeSeatsHeader = "x-cordon-free-seats";
/** Marks a write that a sibling has already forwarded once: it is never forwarded again. */
export const forwardedHeader = "x-cordon-forwarded";

const AddressText = Type.String({ minLength: 3, maxLength: 400 });
const PasswordText = Type.String({ minLength: 1, maxLength: 1024 });
/** An argon2id hash in PHC string form. */
const PhcText = Type.String({ minLength: 20, maxLength: 512, pattern: "^\\$argon2id\\$" });

export const VerifyRequestSchema = Type.Object({ address: AddressText, password: Type.String({ maxLength: 1024 }) });
export type VerifyRequest = Static<typeof VerifyRequestSchema>;

export const VerifyAnswerSchema = Type.Union([
  Type.Object({
    kind: Type.Literal("verified"),
    userId: Type.String(),
    address: Type.String(),
    tenant: Type.String(),
    credentialEpoch: Type.Integer({ minimum: 0 }),
  }),
  Type.Object({ kind: Type.Literal("mismatch") }),
  Type.Object({ kind: Type.Literal("unknown") }),
  Type.Object({ kind: Type.Literal("disabled") }),
]);
export type VerifyAnswer = Static<typeof VerifyAnswerSchema>;

export const LookupRequestSchema = Type.Object({ address: AddressText });
export type LookupRequest = Static<typeof LookupRequestSchema>;

export const LookupAnswerSchema = Type.Union([
  /** `mailbox` is the canonical address of the user whose Maildir it is. */
  Type.Object({ kind: Type.Literal("mailbox"), mailbox: Type.String() }),
  Type.Object({ kind: Type.Literal("alias"), target: Type.String() }),
  Type.Object({ kind: Type.Literal("group"), members: Type.Array(Type.String(), { maxItems: 1000 }) }),
  Type.Object({ kind: Type.Literal("disabled") }),
  Type.Object({ kind: Type.Literal("unknown") }),
]);
export type LookupAnswer = Static<typeof LookupAnswerSchema>;

export const NewUserSchema = Type.Union([
  Type.Object({ address: AddressText, password: PasswordText }),
  Type.Object({ address: AddressText, phc: PhcText }),
]);
export type NewUser = Static<typeof NewUserSchema>;

export const UserChangeSchema = Type.Object(
  {
    password: Type.Optional(PasswordText),
    disabled: Type.Optional(Type.Boolean()),
    /** Compare-and-set: the change is made only on this revision of the record. */
    revision: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  { minProperties: 1, additionalProperties: false },
);
export type UserChange = Static<typeof UserChangeSchema>;

/** What may be told of a user; the hash is not in it. */
export const UserRecordSchema = Type.Object({
  userId: Type.String(),
  address: Type.String(),
  tenant: Type.String(),
  disabled: Type.Boolean(),
  credentialEpoch: Type.Integer({ minimum: 0 }),
  revision: Type.Integer({ minimum: 1 }),
});
export type UserRecord = Static<typeof UserRecordSchema>;

/** Durable when answered. `revision` can be handed to `x-cordon-at-least`. */
export const WriteAnswerSchema = Type.Object({ kind: Type.Literal("written"), revision: Type.Integer({ minimum: 1 }) });
export type WriteAnswer = Static<typeof WriteAnswerSchema>;

export const AliasSchema = Type.Object({ target: AddressText });
export const GroupSchema = Type.Object({ members: Type.Array(AddressText, { minItems: 1, maxItems: 1000 }) });

/** One line of an import: a user with a prepared hash, an alias or a group. */
export const ImportLineSchema = Type.Union([
  Type.Object({ address: AddressText, phc: PhcText, disabled: Type.Optional(Type.Boolean()) }),
  Type.Object({ address: AddressText, alias: AddressText }),
  Type.Object({ address: AddressText, group: Type.Array(AddressText, { minItems: 1, maxItems: 1000 }) }),
]);
export type ImportLine = Static<typeof ImportLineSchema>;

export const ImportAnswerSchema = Type.Object({
  imported: Type.Integer({ minimum: 0 }),
  /** The lines that were refused, at most 100 of them, with what is wrong with each. */
  refused: Type.Array(Type.Object({ line: Type.Integer({ minimum: 1 }), reason: Type.String() }), { maxItems: 100 }),
  revision: Type.Integer({ minimum: 0 }),
});
export type ImportAnswer = Static<typeof ImportAnswerSchema>;
