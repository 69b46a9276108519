/**
 * The schedule of a workload: every send time is fixed before the first request leaves, so that a server that slows down
 * is offered just as much. One attempt falls into each slot of the rate, at a place in it that the seed chooses; users
 * take turns in a seeded order, so that each comes round equally often. The same numbers give the same schedule on every
 * side, and a checker can recompute it.
 */
import { coin } from "@cordon/model";

export interface SchedulePlan {
  readonly seed: string;
  /** From the first send to the last, milliseconds. */
  readonly lengthMs: number;
  /** 0: none. */
  readonly signInPerSecond: number;
  readonly mailPerSecond: number;
  /** Share of mails sent to a user's alias instead of the address itself. */
  readonly aliasShare: number;
}

/** What a schedule has to know of a user. */
export interface ScheduledUser {
  readonly address: string;
  /** Another address whose mail goes to this user. */
  readonly alias: string;
}

export type Planned<User extends ScheduledUser> = {
  readonly id: number;
  /** Milliseconds after the schedule's start. */
  readonly offsetMs: number;
  readonly user: User;
} & (
  | { readonly kind: "sign-in" }
  /** `to` is the address the mail is sent to; it must end in the user's mailbox. */
  | { readonly kind: "mail"; readonly to: string; readonly headerId: string }
);

/** All attempts in order of time. Ids count from 0, sign-ins and mails apart. */
export function planWorkload<User extends ScheduledUser>(
  plan: SchedulePlan,
  users: readonly User[],
): readonly Planned<User>[] {
  const signIns = spread(plan, "sign-in", plan.signInPerSecond, users).map((slot): Planned<User> => ({
    kind: "sign-in",
    ...slot,
  }));
  const mails = spread(plan, "mail", plan.mailPerSecond, users).map((slot): Planned<User> => ({
    kind: "mail",
    ...slot,
    to: coin(plan.seed, "alias", slot.id) < plan.aliasShare ? slot.user.alias : slot.user.address,
    headerId: `<${plan.seed}.${slot.id}@workload.example>`,
  }));
  return [...signIns, ...mails].toSorted((a, b) => a.offsetMs - b.offsetMs);
}

function spread<User>(plan: SchedulePlan, kind: string, perSecond: number, users: readonly User[]) {
  const order = shuffled(users, `${plan.seed}/${kind}`);
  const slotMs = 1000 / perSecond;
  return Array.from({ length: Math.floor(plan.lengthMs / slotMs) }, (_, id) => {
    const user = order[id % order.length];
    if (user === undefined) throw new Error("a workload needs at least one user");
    return { id, offsetMs: (id + coin(plan.seed, kind, "place", id)) * slotMs, user };
  });
}

/** The items in an order the seed chooses. */
export function shuffled<T>(items: readonly T[], seed: string): readonly T[] {
  return items
    .map((item, index) => ({ item, key: coin(seed, "order", index) }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
