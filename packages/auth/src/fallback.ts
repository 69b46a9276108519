/**
 * The fallback: while a partition is unavailable, a credential that lately succeeded on this host may vouch for its user.
 * After a success a credential is kept, hashed again under this host's own key; that second hash is paid in the
 * background, once for each change of password. While the partition is silent every question costs one hash, whether a
 * credential is kept or not, so that nobody learns from the clock who has one.
 */
import { mayVouch } from "@cordon/policy";
import type { Clock, Deadline, FallbackSettings } from "@cordon/model";
import type { Hasher } from "@cordon/runtime";
import type { AuthStore } from "./store.ts";
import type { TokenSubject } from "./tokens.ts";

export type FallbackAnswer =
  | { readonly kind: "vouched"; readonly subject: TokenSubject }
  | { readonly kind: "unavailable"; readonly reason: string };

export interface Fallback {
  /** Whether a kept credential vouches for the user. Only to be asked when the partition did not answer. */
  ask(address: string, password: string, deadline: Deadline): Promise<FallbackAnswer>;
  /** Keeps the credential of a sign-in that the partition has just verified. Returns at once. */
  remember(subject: TokenSubject, password: string): void;
  /** Drops what was kept for an address whose password the partition has just refused. */
  forget(address: string): void;
}

/** How long a background hash waits for a seat. Users go first: with no seat free in this time it is left for next time. */
const rememberWithinMs = 2_000;

export function createFallback(options: {
  readonly settings: FallbackSettings;
  readonly store: AuthStore;
  readonly hasher: Hasher;
  readonly hostKey: Uint8Array;
  readonly clock: Clock;
  readonly feedHeardAt: () => number;
  /** A hash that matches nothing, of the same cost as every other. */
  readonly decoy: string;
}): Fallback {
  const { settings, store, hasher, hostKey, clock } = options;
  let waiting = 0;

  async function keep(subject: TokenSubject, password: string): Promise<void> {
    waiting += 1;
    try {
      const hashed = await hasher.hash(password, clock.now() + rememberWithinMs, hostKey);
      if (hashed.kind === "busy") return;
      const { address, userId, tenant, credentialEpoch } = subject;
      store.keep(address, { phc: hashed.phc, userId, tenant, credentialEpoch, lastSuccessAt: clock.wall() });
    } finally {
      waiting -= 1;
    }
  }

  return {
    async ask(address, password, deadline) {
      const credential = store.credential(address);
      const decision = mayVouch(
        settings,
        {
          verdict: "unavailable",
          credential,
          revokedEpoch: store.revocation(address)?.credentialEpoch ?? 0,
          feedHeardAt: options.feedHeardAt(),
        },
        clock.now(),
        clock.wall(),
      );
      const usable = decision.kind === "may-vouch" ? credential : undefined;
      const outcome = await hasher.verify(usable?.phc ?? options.decoy, password, deadline, hostKey);
      if (outcome.kind === "busy") return { kind: "unavailable", reason: "no-seat" };
      if (usable === undefined)
        return { kind: "unavailable", reason: decision.kind === "may-not" ? decision.reason : "not-kept" };
      if (outcome.kind === "differs") return { kind: "unavailable", reason: "differs" };
      const { userId, tenant, credentialEpoch } = usable;
      return { kind: "vouched", subject: { address, userId, tenant, credentialEpoch } };
    },
    remember(subject, password) {
      const kept = store.credential(subject.address);
      if (kept?.credentialEpoch === subject.credentialEpoch) {
        store.keep(subject.address, { ...kept, lastSuccessAt: clock.wall() });
        return;
      }
      if (waiting < settings.waiting) void keep(subject, password);
    },
    forget: (address) => store.forget(address),
  };
}
