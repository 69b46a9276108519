/**
 * A sign-in, from top to bottom: ask the owning partition, look at the revocation log, issue a token; where the partition
 * is unavailable, ask the fallback. What a client may learn is fixed here: an address that is unknown, disabled or has
 * another password gives one answer, and a partition that is down gives one answer whoever asks.
 */
import { parseAddress, type Address, type Clock, type PartitionId, type VerifyAnswer } from "@cordon/model";
import type { PartitionClient } from "@cordon/partition-client";
import type { Events } from "@cordon/runtime";
import type { Fallback } from "./fallback.ts";
import type { AuthStore } from "./store.ts";
import type { TokenSubject } from "./tokens.ts";

export type SignInOutcome =
  | { readonly kind: "signed-in"; readonly subject: TokenSubject; readonly degraded: boolean }
  | { readonly kind: "refused" }
  | { readonly kind: "busy"; readonly retryAfterMs: number }
  | { readonly kind: "unavailable"; readonly retryAfterMs: number };

export interface SignInDesk {
  signIn(address: string, password: string, signal: AbortSignal): Promise<SignInOutcome>;
}

export interface SignInOptions {
  readonly partitions: PartitionClient;
  readonly store: AuthStore;
  readonly fallback: Fallback | undefined;
  readonly events: Events;
  readonly clock: Clock;
  readonly signInBudgetMs: number;
  readonly fallbackReserveMs: number;
}

/** Where no partition could have such a user, the question still goes to one: it must cost what any other costs. */
const nobody: Address = { local: "nobody", domain: "nobody.invalid", canonical: "nobody@nobody.invalid" };

export function createSignInDesk(options: SignInOptions): SignInDesk {
  const { partitions, store, fallback, events, clock } = options;
  const degraded = new Set<PartitionId>();

  /** One event when a partition's users begin to be served by fallback, and one when they no longer need it. */
  const mark = (partition: PartitionId | undefined, isDegraded: boolean): void => {
    if (partition === undefined || degraded.has(partition) === isDegraded) return;
    if (isDegraded) degraded.add(partition);
    else degraded.delete(partition);
    if (isDegraded)
      events.emit("fallback-began", "a kept credential vouched for a user of a silent partition", { partition });
    else events.emit("fallback-ended", "the partition verifies its users again", { partition });
  };

  const decide = (answer: VerifyAnswer, address: Address, password: string): SignInOutcome => {
    switch (answer.kind) {
      case "unknown":
      case "disabled":
        return { kind: "refused" };
      case "mismatch":
        return { kind: "refused" };
      case "verified": {
        if (isRevoked(store, address.canonical, answer.credentialEpoch)) {
          fallback?.forget(address.canonical);
          return { kind: "refused" };
        }
        const { userId, tenant, credentialEpoch } = answer;
        const subject = { address: address.canonical, userId, tenant, credentialEpoch };
        fallback?.remember(subject, password);
        return { kind: "signed-in", subject, degraded: false };
      }
    }
  };

  return {
    async signIn(text, password, signal) {
      const address = parseAddress(text) ?? nobody;
      const until = clock.now() + options.signInBudgetMs;
      const reserve = fallback === undefined ? 0 : options.fallbackReserveMs;
      const answer = await partitions.verify(
        { address: address.canonical, password },
        { deadline: until - reserve, signal },
      );
      switch (answer.kind) {
        case "answered":
          if (answer.value.kind === "verified") mark(answer.partition, false);
          return decide(answer.value, address, password);
        case "busy":
          return { kind: "busy", retryAfterMs: answer.retryAfterMs };
        case "unavailable": {
          const { retryAfterMs } = answer;
          const vouched = await fallback?.ask(address.canonical, password, until);
          if (vouched?.kind !== "vouched") return { kind: "unavailable", retryAfterMs };
          mark(answer.partition, true);
          return { kind: "signed-in", subject: vouched.subject, degraded: true };
        }
      }
    },
  };
}

/**
 * Whether control has locked the user out since. A disable counts even when the partition has not heard of it; a changed
 * password does not, because the partition is the judge of passwords and the change may never have been completed.
 */
function isRevoked(store: AuthStore, address: string, credentialEpoch: number): boolean {
  const newest = store.revocation(address);
  if (newest === undefined || newest.credentialEpoch <= credentialEpoch) return false;
  switch (newest.reason) {
    case "disabled":
    case "deleted":
      return true;
    case "enabled":
    case "password-changed":
      return false;
  }
}
