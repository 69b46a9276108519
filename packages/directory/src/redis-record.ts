/**
 * How a record stands in Redis, and what is believed of what is found there. Anybody with a redis-cli can write to a
 * Redis; what is no record of ours is told as that, by its key, and is never taken for a user, nor for the lack of one:
 * "nobody has this address" bounces mail for good.
 */
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { Content, Position, StoredRecord } from "./store.ts";

/** What was found under `key` is nothing that this store writes. */
export interface Rubbish {
  readonly kind: "rubbish";
  readonly key: string;
}

const Common = { address: Type.String(), credentialEpoch: Type.Integer({ minimum: 0 }) };
const ContentSchema = Type.Union([
  Type.Object({
    ...Common,
    kind: Type.Literal("user"),
    userId: Type.String(),
    tenant: Type.String(),
    phc: Type.String(),
    disabled: Type.Boolean(),
  }),
  Type.Object({ ...Common, kind: Type.Literal("alias"), target: Type.String() }),
  Type.Object({ ...Common, kind: Type.Literal("group"), members: Type.Array(Type.String()) }),
  Type.Object({ ...Common, kind: Type.Literal("removed") }),
]);
const check = Compile(ContentSchema);

export const encodeContent = (content: Content): string => JSON.stringify(content);

/** The record of `address`, from the `text` that the commit script puts under `key`. */
export function decodeRecord(key: string, address: string, text: string): StoredRecord | Rubbish {
  const [, digits = "", json = ""] = /^(\d{1,15}) (.*)$/s.exec(text) ?? [];
  try {
    const content: unknown = JSON.parse(json);
    if (check.Check(content) && content.address === address) return { ...content, revision: Number(digits) };
  } catch {
    // Told below, with everything else that is no record.
  }
  return { kind: "rubbish", key };
}

/** Where the partition stands; undefined when nobody has taken a term yet. */
export function decodePosition(key: string, text: string | null): Position | Rubbish | undefined {
  if (text === null) return undefined;
  const [, term, revision] = /^(\d{1,15}) (\d{1,15})$/.exec(text) ?? [];
  if (term === undefined || revision === undefined) return { kind: "rubbish", key };
  return { kind: "position", term: Number(term), revision: Number(revision) };
}
