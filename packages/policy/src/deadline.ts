/**
 * When a request must have ended, and how long one step of it may take. The deadline is made once, at the door, from
 * the door's own budget and from what the caller says is left of its own; every hop passes on what remains. In June
 * 2014 mail waited on a silent partition for as long as each hop cared to, and the waits added up.
 * Invariants: a deadline is never later than the budget allows and never later than the caller's; the limit of an
 * attempt never reaches past the deadline; a header that cannot be read is refused, not guessed at.
 */
import { remainingMs, type Deadline, type Instant } from "@cordon/model";

/** `"off"`: the deadline protection is taken away and only single attempts are limited. */
export type DoorDeadline = Deadline | "off";

export type DoorDecision =
  | { readonly kind: "admitted"; readonly deadline: DoorDeadline }
  /** The caller has no time left: nothing is begun that nobody will wait for. */
  | { readonly kind: "passed" }
  /** The header is no count of milliseconds. Permanent: the same header is refused again. */
  | { readonly kind: "malformed"; readonly detail: string };

const wholeMilliseconds = /^[0-9]{1,9}$/;

/**
 * The deadline of a request at the door. `budgetMs` is the door's own limit, `header` the value of the caller's
 * remaining-milliseconds header, absent when it sent none. With `"off"` the header is not read at all.
 */
export function deadlineAtDoor(budgetMs: number | "off", header: string | undefined, now: Instant): DoorDecision {
  if (budgetMs === "off") return { kind: "admitted", deadline: "off" };
  if (header === undefined) return { kind: "admitted", deadline: now + budgetMs };
  if (!wholeMilliseconds.test(header)) {
    return { kind: "malformed", detail: "the remaining time must be whole milliseconds, 0 to 999999999" };
  }
  const saidMs = Number(header);
  return saidMs === 0 ? { kind: "passed" } : { kind: "admitted", deadline: now + Math.min(budgetMs, saidMs) };
}

/** How long one attempt may take, in milliseconds; 0 means that none is to be begun. */
export const attemptLimitMs = (deadline: DoorDeadline, attemptTimeoutMs: number, now: Instant): number =>
  deadline === "off" ? attemptTimeoutMs : Math.min(attemptTimeoutMs, remainingMs(deadline, now));

/** The header value for the next hop, rounded down so that it never promises more than is left; absent when off. */
export const remainingHeader = (deadline: DoorDeadline, now: Instant): string | undefined =>
  deadline === "off" ? undefined : String(Math.min(999_999_999, Math.floor(remainingMs(deadline, now))));
