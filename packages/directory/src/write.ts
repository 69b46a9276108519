/**
 * Changes of users, aliases and groups, as the partition's writer makes them. What takes a credential's worth away (a new
 * password, a disable, an enable, a delete) goes to control first, is durable there, and gets its credential epoch from
 * there; then to the store; then it is acknowledged. So a user of a partition that falls silent in between is already
 * disabled where it matters, and nothing acknowledged can be forgotten. Control gone means `unavailable`, never a guess.
 * A change that died between the two is mended by asking for it again: nothing is skipped because it seems done already.
 * No caller waits past its deadline, neither for the changes before its own nor for the disk: a commit that has begun
 * cannot be recalled, so the answer then says that it may have been made.
 */
import {
  remainingMs,
  type Address,
  type Clock,
  type Deadline,
  type NewRevocation,
  type NewUser,
  type RevocationReason,
  type UserChange,
} from "@cordon/model";
import type { ControlClient } from "@cordon/control-client";
import { readAddress, waitAtMost, type Busy, type Hasher } from "@cordon/runtime";
import { flawOfPhc } from "./phc.ts";
import type { Content, Store, StoredRecord, StoreUnavailable, UserContent } from "./store.ts";
import type { Turns } from "./turns.ts";

export type WriteResult =
  | { readonly kind: "written"; readonly revision: number }
  /** The request itself is wrong. */
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "absent" }
  | { readonly kind: "conflict"; readonly detail: string }
  | Busy
  | StoreUnavailable;

/** The appointment a change is made under, and the time there is for it. */
export interface WriteCall {
  readonly term: number;
  readonly deadline: Deadline;
}

export interface WriteParts {
  readonly store: Store;
  readonly control: Pick<ControlClient, "revoke">;
  /** The longest wait for control, milliseconds. */
  readonly controlTimeoutMs: number;
  readonly hasher: Hasher;
  readonly turns: Turns;
  readonly clock: Clock;
  readonly newUserId: () => string;
  /** The store stands at a later term: this instance no longer writes in `term`. */
  readonly onStale: (term: number) => void;
}

export interface Writes {
  createUser(user: NewUser, call: WriteCall): Promise<WriteResult>;
  changeUser(address: string, change: UserChange, call: WriteCall): Promise<WriteResult>;
  putAlias(address: string, target: string, call: WriteCall): Promise<WriteResult>;
  putGroup(address: string, members: readonly string[], call: WriteCall): Promise<WriteResult>;
  remove(kind: "user" | "alias" | "group", address: string, call: WriteCall): Promise<WriteResult>;
}

const turnRetryAfterMs = 1000;
const noTurn: StoreUnavailable = {
  kind: "unavailable",
  detail: "an earlier change of this address took all the time there was; nothing was done",
};
const perhapsMade: StoreUnavailable = {
  kind: "unavailable",
  detail: "the change was not done in time; it may have been made, or be made yet",
};

type Epoch = { readonly kind: "epoch"; readonly credentialEpoch: number } | StoreUnavailable;
type Work = (address: Address, found: StoredRecord | undefined) => Promise<WriteResult>;

export function createWrites(parts: WriteParts): Writes {
  const { store, hasher, clock } = parts;

  /**
   * Runs `work` on what stands at an address, one change of an address at a time, and answers by the deadline in any case.
   * What has not begun by then never does; what has begun is not stopped and keeps its turn until it has ended.
   */
  async function inTurn(text: string, deadline: Deadline, work: Work): Promise<WriteResult> {
    const address = readAddress(text);
    if (address === undefined) return { kind: "refused", detail: "address: is not a mail address" };
    let state: "waiting" | "begun" | "given-up" = "waiting";
    const turn = parts.turns.take(address.canonical, async () => {
      if (state === "given-up") return noTurn;
      state = "begun";
      const reading = await store.get(address.canonical);
      if (reading.kind === "unavailable") return reading;
      return work(address, reading.kind === "record" ? reading.record : undefined);
    });
    if (turn === undefined) return { kind: "busy", retryAfterMs: turnRetryAfterMs };
    return waitAtMost(turn, remainingMs(deadline, clock.now()), () => {
      if (state === "begun") return perhapsMade;
      state = "given-up";
      return noTurn;
    });
  }

  async function commit(content: Content, found: StoredRecord | undefined, term: number): Promise<WriteResult> {
    const result = await store.commit(term, [{ content, expected: found?.revision ?? 0 }]);
    if (result.kind === "unavailable") return result;
    if (result.kind === "stale-term") {
      parts.onStale(term);
      return { kind: "unavailable", detail: "another role instance has become the writer" };
    }
    const outcome = result.outcomes[0];
    if (outcome === undefined) throw new Error("a change has an outcome");
    return outcome.kind === "written" ? outcome : { kind: "conflict", detail: "the record has changed meanwhile" };
  }

  /** Writes down in control, durably, what will hold no more; the answer is the epoch of what comes after it. */
  async function revoke(address: string, reason: RevocationReason, deadline: Deadline): Promise<Epoch> {
    const timeoutMs = Math.min(parts.controlTimeoutMs, remainingMs(deadline, clock.now()));
    if (timeoutMs <= 0) return { kind: "unavailable", detail: "no time was left to write the change to control" };
    const revocation: NewRevocation = { address, reason };
    const answer = await parts.control.revoke(revocation, Math.ceil(timeoutMs));
    return answer.kind === "revoked"
      ? { kind: "epoch", credentialEpoch: answer.revocation.credentialEpoch }
      : { kind: "unavailable", detail: "control did not take the change, and nothing is changed without it" };
  }

  const createUser: Writes["createUser"] = (user, { term, deadline }) =>
    inTurn(user.address, deadline, async (address, found) => {
      if (found !== undefined && found.kind !== "removed") return taken(found);
      const flaw = "phc" in user ? flawOfPhc(user.phc) : undefined;
      if (flaw !== undefined) return { kind: "refused", detail: flaw };
      const hash =
        "phc" in user ? { kind: "hashed" as const, phc: user.phc } : await hasher.hash(user.password, deadline);
      if (hash.kind === "busy") return hash;
      // Control last said of this address that its user is gone: the new one must be known there before it signs in.
      const epoch: Epoch =
        found === undefined || found.credentialEpoch === 0
          ? { kind: "epoch", credentialEpoch: 0 }
          : await revoke(address.canonical, "enabled", deadline);
      if (epoch.kind === "unavailable") return epoch;
      return commit(newUserOf(address, parts.newUserId(), hash.phc, false, epoch.credentialEpoch), found, term);
    });

  const changeUser: Writes["changeUser"] = (text, change, { term, deadline }) =>
    inTurn(text, deadline, async (_address, found) => {
      if (found?.kind !== "user") return { kind: "absent" };
      if (change.password === undefined && change.disabled === undefined)
        return { kind: "refused", detail: "password or disabled: one of them must be given" };
      if (change.revision !== undefined && change.revision !== found.revision)
        return { kind: "conflict", detail: `the record is at revision ${found.revision}` };
      const { revision: _revision, ...before } = found;
      let user: UserContent = before;
      if (change.password !== undefined) {
        // Hashed first: who cannot get a seat must not have revoked anything.
        const hash = await hasher.hash(change.password, deadline);
        if (hash.kind === "busy") return hash;
        const epoch = await revoke(user.address, "password-changed", deadline);
        if (epoch.kind === "unavailable") return epoch;
        user = { ...user, phc: hash.phc, credentialEpoch: epoch.credentialEpoch };
      }
      if (change.disabled !== undefined) {
        // Also when the record says so already: control may have heard the opposite from a change that died half-way.
        const epoch = await revoke(user.address, change.disabled ? "disabled" : "enabled", deadline);
        if (epoch.kind === "unavailable") return epoch;
        user = { ...user, disabled: change.disabled, credentialEpoch: epoch.credentialEpoch };
      }
      return commit(user, found, term);
    });

  const remove: Writes["remove"] = (kind, text, { term, deadline }) =>
    inTurn(text, deadline, async (address, found) => {
      if (found?.kind !== kind) return { kind: "absent" };
      const { credentialEpoch } = found;
      const epoch: Epoch =
        kind === "user" ? await revoke(address.canonical, "deleted", deadline) : { kind: "epoch", credentialEpoch };
      if (epoch.kind === "unavailable") return epoch;
      return commit(
        { kind: "removed", address: address.canonical, credentialEpoch: epoch.credentialEpoch },
        found,
        term,
      );
    });

  return {
    createUser,
    changeUser,
    remove,
    putAlias: (text, targetText, { term, deadline }) =>
      inTurn(text, deadline, async (address, found) => {
        if (found !== undefined && found.kind !== "removed" && found.kind !== "alias") return taken(found);
        const content = aliasOf(address, targetText, found);
        return content.kind === "refused" ? content : commit(content, found, term);
      }),
    putGroup: (text, memberTexts, { term, deadline }) =>
      inTurn(text, deadline, async (address, found) => {
        if (found !== undefined && found.kind !== "removed" && found.kind !== "group") return taken(found);
        const content = groupOf(address, memberTexts, found);
        return content.kind === "refused" ? content : commit(content, found, term);
      }),
  };
}

const taken = (found: StoredRecord): WriteResult => ({ kind: "conflict", detail: `the address is a ${found.kind}` });

export const newUserOf = (
  { canonical, domain }: Address,
  userId: string,
  phc: string,
  disabled: boolean,
  credentialEpoch: number,
): UserContent => ({ kind: "user", address: canonical, userId, tenant: domain, phc, disabled, credentialEpoch });

export interface Refused {
  readonly kind: "refused";
  readonly detail: string;
}

/** The alias `targetText` asks for at `address`, over what was `found` there. */
export function aliasOf(address: Address, targetText: string, found: StoredRecord | undefined): Content | Refused {
  const target = readAddress(targetText)?.canonical;
  if (target === undefined) return { kind: "refused", detail: "target: is not a mail address" };
  if (target === address.canonical) return { kind: "refused", detail: "target: an alias cannot lead to itself" };
  return { kind: "alias", address: address.canonical, target, credentialEpoch: found?.credentialEpoch ?? 0 };
}

/** The group of `memberTexts`, each member once. */
export function groupOf(
  address: Address,
  memberTexts: readonly string[],
  found: StoredRecord | undefined,
): Content | Refused {
  const members = new Set<string>();
  for (const [index, text] of memberTexts.entries()) {
    const member = readAddress(text)?.canonical;
    if (member === undefined) return { kind: "refused", detail: `members/${index}: is not a mail address` };
    if (member === address.canonical) return { kind: "refused", detail: `members/${index}: is the group itself` };
    members.add(member);
  }
  return {
    kind: "group",
    address: address.canonical,
    members: [...members],
    credentialEpoch: found?.credentialEpoch ?? 0,
  };
}
