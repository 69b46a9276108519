/**
 * The fallback: while a partition is unavailable, a credential that lately succeeded on this host may vouch for its user.
 * After a success a credential is kept, hashed again under this host's own key; that second hash is paid in the
 * background, once for each change of password. It is what keeps users signed in through an outage of hours (June 2014).
 * Invariants: while the partition is silent every question costs one hash, whether a credential is kept or not, so that
 * nobody learns from the clock who has one; one background hash is under way at a time, and none begins while a question
 * waits, so that keeping credentials never stands before those who need one; questions and credentials that wait are
 * each bounded by `settings.waiting`.
 */
import { remainingMs, type Clock, type Deadline, type FallbackSettings, type Instant } from "@cordon/model";
import { mayVouch, type FallbackDecision } from "@cordon/policy";
import type { Hasher, Log } from "@cordon/runtime";
import type { AuthStore } from "./store.ts";
import type { TokenSubject } from "./tokens.ts";

export type FallbackAnswer =
  | { readonly kind: "vouched"; readonly subject: TokenSubject }
  | { readonly kind: "unavailable"; readonly reason: FallbackRefusal };

/** Why nothing vouches; for the log alone, because a client that knew it would know who signs in here. */
export type FallbackRefusal =
  | Extract<FallbackDecision, { kind: "may-not" }>["reason"]
  | "differs"
  | "no-seat"
  | "too-many-ask"
  | "no-time";

export interface Fallback {
  /** Whether a kept credential vouches for the user. Only to be asked when the partition did not answer. */
  ask(address: string, password: string, deadline: Deadline): Promise<FallbackAnswer>;
  /** Keeps the credential of a sign-in that the partition has just verified. Returns at once. */
  remember(subject: TokenSubject, password: string): void;
  /** Drops what was kept for an address that, as was just learnt for certain, has no user who may sign in. */
  forget(address: string): void;
}

export interface FallbackOptions {
  readonly settings: FallbackSettings;
  readonly store: AuthStore;
  readonly hasher: Pick<Hasher, "hash" | "verify">;
  /** argon2's `secret`, of this host alone. */
  readonly hostKey: Uint8Array;
  readonly clock: Clock;
  readonly log: Pick<Log, "error">;
  readonly feedHeardAt: () => Instant;
  /** A hash that matches nothing, of the same cost as every other. */
  readonly decoy: string;
}

/** How long a credential may wait to be kept; after that it is left for the user's next sign-in. */
const rememberWithinMs = 5_000;

export function createFallback(options: FallbackOptions): Fallback {
  const { settings, store, hasher, hostKey, clock, log } = options;
  /** Addresses whose credential waits to be kept or is being hashed. */
  const remembering = new Set<string>();
  let lastKept: Promise<void> = Promise.resolve();
  let asking = 0;

  async function keep(subject: TokenSubject, password: string, deadline: Deadline): Promise<void> {
    const { address, userId, tenant, credentialEpoch } = subject;
    try {
      if (asking > 0 || remainingMs(deadline, clock.now()) === 0) return;
      const hashed = await hasher.hash(password, deadline, hostKey);
      if (hashed.kind === "busy") return;
      store.keep(address, { phc: hashed.phc, userId, tenant, credentialEpoch, lastSuccessAt: clock.wall() });
    } catch (error) {
      log.error({ err: error }, "a credential could not be kept");
    } finally {
      remembering.delete(address);
    }
  }

  async function decide(address: string, password: string, deadline: Deadline): Promise<FallbackAnswer> {
    const credential = store.credential(address);
    const question = {
      verdict: "unavailable",
      credential,
      revokedEpoch: store.revoked(address)?.credentialEpoch ?? 0,
      feedHeardAt: options.feedHeardAt(),
    } as const;
    const decision = mayVouch(settings, question, clock.now(), clock.wall());
    const usable = decision.kind === "may-vouch" ? credential : undefined;
    const outcome = await hasher.verify(usable?.phc ?? options.decoy, password, deadline, hostKey);
    if (outcome.kind === "busy") return unavailable("no-seat");
    if (decision.kind === "may-not") return unavailable(decision.reason);
    if (usable === undefined || outcome.kind === "differs") return unavailable("differs");
    // The log may have grown while the hash was made.
    if ((store.revoked(address)?.credentialEpoch ?? 0) > usable.credentialEpoch) return unavailable("revoked");
    const { userId, tenant, credentialEpoch } = usable;
    return { kind: "vouched", subject: { address, userId, tenant, credentialEpoch } };
  }

  return {
    async ask(address, password, deadline) {
      if (asking >= settings.waiting) return unavailable("too-many-ask");
      if (remainingMs(deadline, clock.now()) < 1) return unavailable("no-time");
      asking += 1;
      try {
        return await decide(address, password, deadline);
      } finally {
        asking -= 1;
      }
    },
    remember(subject, password) {
      const { address, credentialEpoch } = subject;
      const kept = store.credential(address);
      if (kept?.credentialEpoch === credentialEpoch && kept.userId === subject.userId) {
        store.keep(address, { ...kept, lastSuccessAt: clock.wall() });
        return;
      }
      if (remembering.has(address) || remembering.size >= settings.waiting) return;
      remembering.add(address);
      const deadline = clock.now() + rememberWithinMs;
      lastKept = lastKept.then(() => keep(subject, password, deadline));
    },
    forget: (address) => store.forget(address),
  };
}

const unavailable = (reason: FallbackRefusal): FallbackAnswer => ({ kind: "unavailable", reason });
