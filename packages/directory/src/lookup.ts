/**
 * What an address is: a mailbox, an alias, a group, or nothing. It costs one read and no hash, which is why callers'
 * canaries and the mail's recipient checks use it. One step at a time: an alias's target may live in another partition,
 * so following it is the caller's business.
 */
import type { Deadline, LookupAnswer, UserRecord } from "@cordon/model";
import { readAddress } from "@cordon/runtime";
import type { Behind, Store, StoredRecord, StoreUnavailable, UserOfRecord } from "./store.ts";

export type LookupResult = { readonly kind: "answered"; readonly answer: LookupAnswer } | Behind | StoreUnavailable;

export async function lookup(store: Store, text: string, atLeast: number, deadline: Deadline): Promise<LookupResult> {
  const address = readAddress(text)?.canonical;
  if (address === undefined) return { kind: "answered", answer: { kind: "unknown" } };
  const reading = await store.readAtLeast(address, atLeast, deadline);
  switch (reading.kind) {
    case "record":
      return { kind: "answered", answer: answerOf(reading.record) };
    case "absent":
      return { kind: "answered", answer: { kind: "unknown" } };
    case "behind":
    case "unavailable":
      return reading;
  }
}

function answerOf(record: StoredRecord): LookupAnswer {
  switch (record.kind) {
    case "user":
      return record.disabled ? { kind: "disabled" } : { kind: "mailbox", mailbox: record.address };
    case "alias":
      return { kind: "alias", target: record.target };
    case "group":
      return { kind: "group", members: [...record.members] };
    case "removed":
      return { kind: "unknown" };
  }
}

/** What may be told of a user; the hash is not in it. */
export const tellOf = (user: UserOfRecord): UserRecord => ({
  userId: user.userId,
  address: user.address,
  tenant: user.tenant,
  disabled: user.disabled,
  credentialEpoch: user.credentialEpoch,
  revision: user.revision,
});
