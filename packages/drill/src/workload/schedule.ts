/**
 * The schedule of a workload: every send time is fixed before the first request leaves, so that a server that slows down
 * is offered just as much. One attempt falls into each slot of the rate, at a place in it that the seed chooses; users
 * take turns in a seeded order, so that each comes round equally often. The same numbers give the same schedule on every
 * side, and a checker can recompute it.
 */
import type { LabUser, Population } from "@cordon/lab";
import { coin, type PartitionId } from "@cordon/model";

export interface SchedulePlan {
  readonly seed: string;
  /** From the first send to the last, milliseconds. */
  readonly lengthMs: number;
  readonly signInPerSecond: number;
  readonly mailPerSecond: number;
  /** Share of mails sent to a user's alias instead of the address itself. */
  readonly aliasShare: number;
}

export type Planned = {
  readonly id: number;
  /** Milliseconds after the schedule's start. */
  readonly offsetMs: number;
  readonly user: LabUser;
  readonly partition: PartitionId;
} & (
  | { readonly kind: "sign-in" }
  /** `to` is the address the mail is sent to; it must end in the user's mailbox. */
  | { readonly kind: "mail"; readonly to: string; readonly headerId: string }
);

/** All attempts in order of time. Ids count from 0, sign-ins and mails apart. */
export function planWorkload(plan: SchedulePlan, population: Population): readonly Planned[] {
  const signIns = spread(plan, "sign-in", plan.signInPerSecond, population.users).map(
    ({ id, offsetMs, user }): Planned => ({ kind: "sign-in", id, offsetMs, user, partition: user.partition }),
  );
  const mails = spread(plan, "mail", plan.mailPerSecond, population.users).map(({ id, offsetMs, user }): Planned => ({
    kind: "mail",
    id,
    offsetMs,
    user,
    partition: user.partition,
    to: coin(plan.seed, "alias", id) < plan.aliasShare ? user.alias : user.address,
    headerId: `<${plan.seed}.${id}@drill.example>`,
  }));
  return [...signIns, ...mails].toSorted((a, b) => a.offsetMs - b.offsetMs);
}

function spread(plan: SchedulePlan, kind: string, perSecond: number, users: readonly LabUser[]) {
  const order = shuffled(users, `${plan.seed}/${kind}`);
  const slotMs = 1000 / perSecond;
  return Array.from({ length: Math.floor(plan.lengthMs / slotMs) }, (_, id) => {
    const user = order[id % order.length];
    if (user === undefined) throw new Error("a workload needs at least one user");
    return { id, offsetMs: (id + coin(plan.seed, kind, "place", id)) * slotMs, user };
  });
}

/** The items in an order the seed chooses. */
function shuffled<T>(items: readonly T[], seed: string): readonly T[] {
  return items
    .map((item, index) => ({ item, key: coin(seed, "order", index) }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
