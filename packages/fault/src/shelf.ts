/**
 * The toxics of one proxy, in the order they came, each with the moment its lease ends. A toxic posted again under its own
 * name, unchanged, renews its lease and touches no link: that is how a drill keeps a fault alive while it lives itself,
 * and why a fault heals when the drill has died.
 * Invariants: names are unique; there are at most `maxToxics`; a toxic that is not changed stays the same object.
 */
import { isDeepStrictEqual } from "node:util";
import type { Instant, Toxic } from "@cordon/model";
import { ok, refused, type Answer } from "./answer.ts";
import { createLiveToxic, type LiveToxic } from "./live-toxic.ts";

interface Shelved {
  live: LiveToxic;
  /** When its lease ends; infinite without one. */
  until: Instant;
}

export interface Shelf {
  /** Adds a toxic, or renews the lease of the same one. 409 when the name stands for another, or the shelf is full. */
  add(toxic: Toxic, now: Instant): Answer<Toxic>;
  /** Puts `toxic` in the place of the one of its name, and begins its lease anew. 404 when there is none. */
  replace(toxic: Toxic, now: Instant): Answer<Toxic>;
  get(name: string): Answer<Toxic>;
  remove(name: string): Answer<Toxic>;
  clear(): void;
  /** Takes away and answers every toxic whose lease has ended. */
  expire(now: Instant): Toxic[];
  /** When the next lease ends; infinite when none does. */
  nextExpiry(): Instant;
  /** When the lease of this toxic ends; infinite without one, and when there is no such toxic. */
  until(name: string): Instant;
  live(): LiveToxic[];
  toxics(): Toxic[];
}

const untilOf = (toxic: Toxic, now: Instant): Instant =>
  toxic.leaseMs === undefined ? Number.POSITIVE_INFINITY : now + toxic.leaseMs;

export function createShelf(seed: string, proxy: string, maxToxics: number): Shelf {
  const shelved = new Map<string, Shelved>();
  const missing = (name: string): Answer<never> => refused(404, `toxic not found: ${proxy} has no toxic ${name}`);

  const put = (toxic: Toxic, now: Instant): Answer<Toxic> => {
    const there = shelved.get(toxic.name);
    const live = there && isDeepStrictEqual(there.live.toxic, toxic) ? there.live : createLiveToxic(seed, proxy, toxic);
    shelved.set(toxic.name, { live, until: untilOf(toxic, now) });
    return ok(toxic);
  };

  return {
    add(toxic, now) {
      const there = shelved.get(toxic.name)?.live.toxic;
      if (there !== undefined && (toxic.leaseMs === undefined || !isDeepStrictEqual(there, toxic))) {
        return refused(
          409,
          `toxic already exists: ${toxic.name} on ${proxy}; change it with POST to its own path, or remove it`,
        );
      }
      if (there === undefined && shelved.size >= maxToxics) {
        return refused(409, `too many toxics: ${proxy} has ${maxToxics}, its bound; remove one first`);
      }
      return put(toxic, now);
    },
    replace: (toxic, now) => (shelved.has(toxic.name) ? put(toxic, now) : missing(toxic.name)),
    get(name) {
      const there = shelved.get(name);
      return there === undefined ? missing(name) : ok(there.live.toxic);
    },
    remove(name) {
      const there = shelved.get(name);
      shelved.delete(name);
      return there === undefined ? missing(name) : ok(there.live.toxic);
    },
    clear: () => shelved.clear(),
    expire(now) {
      const ended = [...shelved.values()].filter(({ until }) => until <= now).map(({ live }) => live.toxic);
      for (const { name } of ended) shelved.delete(name);
      return ended;
    },
    nextExpiry: () => Math.min(Number.POSITIVE_INFINITY, ...[...shelved.values()].map(({ until }) => until)),
    until: (name) => shelved.get(name)?.until ?? Number.POSITIVE_INFINITY,
    live: () => [...shelved.values()].map(({ live }) => live),
    toxics: () => [...shelved.values()].map(({ live }) => live.toxic),
  };
}
