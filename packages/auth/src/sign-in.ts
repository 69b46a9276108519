/**
 * A sign-in, from top to bottom: ask the owning partition, look at the revocation log, issue a token; where the partition
 * is unavailable, ask the fallback. What a client may learn is fixed here: an address that is unknown, disabled or has
 * another password gives one answer, and a partition that is down gives one answer whoever asks.
 * Invariants: the fallback is asked only because the partition could not be reached or did not answer; never because it
 * said no or pushed back, because this door itself is too busy to ask, because a caller in a hurry ran out of time, or
 * because the client has left.
 */
import type { Address, Deadline, PartitionId, VerifyAnswer } from "@cordon/model";
import type { Answer, PartitionClient } from "@cordon/partition-client";
import { readAddress, type Events, type Log } from "@cordon/runtime";
import type { Fallback } from "./fallback.ts";
import type { AuthStore } from "./store.ts";
import type { TokenSubject } from "./tokens.ts";

export type SignInOutcome =
  | { readonly kind: "signed-in"; readonly subject: TokenSubject; readonly degraded: boolean }
  | { readonly kind: "refused" }
  | { readonly kind: "busy"; readonly retryAfterMs: number }
  | { readonly kind: "unavailable"; readonly retryAfterMs: number };

export interface SignInCall {
  readonly address: string;
  readonly password: string;
  /** Made at the door. */
  readonly deadline: Deadline;
  /** The caller gives less time than the door would have. */
  readonly hurried: boolean;
  /** Aborts when the client has left. */
  readonly left: AbortSignal;
}

export interface SignInDesk {
  signIn(call: SignInCall): Promise<SignInOutcome>;
}

export interface SignInOptions {
  readonly partitions: Pick<PartitionClient, "verify">;
  readonly store: AuthStore;
  readonly fallback: Fallback | undefined;
  readonly events: Events;
  readonly log: Pick<Log, "debug">;
  /** The end of the door's time that is kept back for the fallback. */
  readonly fallbackReserveMs: number;
}

/** Where no partition could have such a user, the question still goes to one: it must cost what any other costs. */
const nobody: Address = { local: "nobody", domain: "nobody.invalid", canonical: "nobody@nobody.invalid" };

export function createSignInDesk(options: SignInOptions): SignInDesk {
  const { partitions, store, fallback, log } = options;
  const marks = createMarks(options.events);

  function answered(answer: VerifyAnswer, address: string, password: string): SignInOutcome {
    switch (answer.kind) {
      case "mismatch": // what is kept stays: else anybody could take a user's fallback away by guessing
        return { kind: "refused" };
      case "unknown":
      case "disabled":
        fallback?.forget(address);
        return { kind: "refused" };
      case "verified": {
        const { userId, tenant, credentialEpoch } = answer;
        if (isLockedOut(store, address, credentialEpoch)) {
          fallback?.forget(address);
          return { kind: "refused" };
        }
        const subject = { address, userId, tenant, credentialEpoch };
        fallback?.remember(subject, password);
        return { kind: "signed-in", subject, degraded: false };
      }
    }
  }

  async function unanswered(answer: Unavailable, address: string, call: SignInCall): Promise<SignInOutcome> {
    const { partition, reason, retryAfterMs } = answer;
    // No seat in our own bulkhead: that is push-back of this door, and says nothing about the partition.
    if (reason === "bulkhead") return { kind: "busy", retryAfterMs };
    if (fallback === undefined || call.left.aborted) return { kind: "unavailable", retryAfterMs };
    const vouched = await fallback.ask(address, call.password, call.deadline);
    if (vouched.kind === "unavailable") {
      log.debug({ partition, partitionSays: reason, fallbackSays: vouched.reason }, "nothing vouched for a user");
      return { kind: "unavailable", retryAfterMs };
    }
    if (partition !== undefined) marks.began(partition);
    return { kind: "signed-in", subject: vouched.subject, degraded: true };
  }

  return {
    async signIn(call) {
      const address = (readAddress(call.address) ?? nobody).canonical;
      // Who is in a hurry has no time to keep back: the partition gets all of it, and when it is over nobody is vouched for.
      const reserveMs = fallback === undefined || call.hurried ? 0 : options.fallbackReserveMs;
      const answer = await partitions.verify(
        { address, password: call.password },
        { deadline: call.deadline - reserveMs, signal: call.left },
      );
      switch (answer.kind) {
        case "answered":
          if (answer.value.kind === "verified") marks.ended(answer.partition);
          return answered(answer.value, address, call.password);
        case "busy":
          return { kind: "busy", retryAfterMs: answer.retryAfterMs };
        case "unavailable":
          return unanswered(answer, address, call);
      }
    },
  };
}

type Unavailable = Extract<Answer<VerifyAnswer>, { kind: "unavailable" }>;

/** One event when a partition's users begin to be served by fallback, and one when they no longer need it. */
function createMarks(events: Events) {
  const degraded = new Set<PartitionId>();
  return {
    began(partition: PartitionId): void {
      if (degraded.has(partition)) return;
      degraded.add(partition);
      events.emit("fallback-began", "a kept credential vouched for a user of a silent partition", { partition });
    },
    ended(partition: PartitionId): void {
      if (degraded.delete(partition))
        events.emit("fallback-ended", "the partition verifies its users again", { partition });
    },
  };
}

/**
 * Whether control has locked the user out since. A lock counts even when the partition has not heard of it; a changed
 * password does not, because the partition is the judge of passwords and the change may never have been completed.
 */
const isLockedOut = (store: AuthStore, address: string, verifiedEpoch: number): boolean =>
  (store.revoked(address)?.lockEpoch ?? 0) > verifiedEpoch;
