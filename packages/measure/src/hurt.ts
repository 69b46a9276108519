/**
 * The share of users who were hurt: users with any attempt, sign-in or mail, scheduled in the window that was refused,
 * late, unsent or left without an answer. It counts users and not requests, for an outage is felt by people. Users with
 * no attempt in the window are not counted at all. Invariant: one more late attempt never lowers a share.
 */
import type { Side } from "@cordon/model";
import type { Attempt } from "./attempt.ts";
import { within, type Window } from "./window.ts";

/** Shares 0..1; 0 where nobody tried (`integrity.ts` sees to it that such a side is not believed). */
export function hurtIn(attempts: readonly Attempt[], window: Window): Side["hurt"] {
  const tried = { outside: new Set<string>(), inside: new Set<string>() };
  const hurt = { outside: new Set<string>(), inside: new Set<string>() };
  for (const attempt of attempts) {
    if (!within(window, attempt.at)) continue;
    const where = attempt.outside ? "outside" : "inside";
    tried[where].add(attempt.user);
    if (attempt.hurt) hurt[where].add(attempt.user);
  }
  const share = (some: number, all: number): number => (all === 0 ? 0 : some / all);
  return {
    outside: share(hurt.outside.size, tried.outside.size),
    inside: share(hurt.inside.size, tried.inside.size),
    overall: share(hurt.outside.size + hurt.inside.size, tried.outside.size + tried.inside.size),
  };
}
