/**
 * Whether a password is the one of an address. Unknown, wrong and disabled cost the same work, one hash of one cost, so
 * that the time of an answer does not tell which it was. Hashes wait for a seat in the partition's own queue, so that a
 * storm here takes no turn of another partition; who gets none before the deadline hears `busy`, which is push-back.
 */
import type { Deadline, VerifyAnswer, VerifyRequest } from "@cordon/model";
import { readAddress, type Busy, type Hasher } from "@cordon/runtime";
import type { Behind, Store, StoreUnavailable, UserOfRecord } from "./store.ts";
import type { VerifiedRecently } from "./verified-recently.ts";

export interface VerifyParts {
  readonly store: Store;
  readonly hasher: Hasher;
  readonly recently: VerifiedRecently;
  /** The hash that stands for addresses without a user. */
  readonly dummy: string;
}

export type VerifyResult =
  | { readonly kind: "answered"; readonly answer: VerifyAnswer }
  | Busy
  | Behind
  | StoreUnavailable;

/** `atLeast`: a revision the answer must include, 0 for none. */
export async function verify(
  parts: VerifyParts,
  { address: text, password }: VerifyRequest,
  atLeast: number,
  deadline: Deadline,
): Promise<VerifyResult> {
  const address = readAddress(text)?.canonical;
  const reading = address === undefined ? noRecord : await parts.store.readAtLeast(address, atLeast, deadline);
  if (reading.kind === "unavailable" || reading.kind === "behind") return reading;
  const user = reading.kind === "record" && reading.record.kind === "user" ? reading.record : undefined;

  const credential = user && { address: user.address, password, credentialEpoch: user.credentialEpoch };
  if (user !== undefined && credential !== undefined && !user.disabled && parts.recently.has(credential))
    return answered(verifiedAs(user));

  const outcome = await parts.hasher.verify(user?.phc ?? parts.dummy, password, deadline);
  if (outcome.kind === "busy") return outcome;
  if (user === undefined) return answered({ kind: "unknown" });
  if (user.disabled) return answered({ kind: "disabled" });
  if (outcome.kind === "differs") return answered({ kind: "mismatch" });
  if (credential !== undefined) parts.recently.add(credential);
  return answered(verifiedAs(user));
}

const noRecord = { kind: "absent" } as const;
const answered = (answer: VerifyAnswer): VerifyResult => ({ kind: "answered", answer });

const verifiedAs = ({ userId, address, tenant, credentialEpoch }: UserOfRecord): VerifyAnswer => ({
  kind: "verified",
  userId,
  address,
  tenant,
  credentialEpoch,
});
