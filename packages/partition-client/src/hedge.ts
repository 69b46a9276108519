/**
 * The second ask: a first try that takes longer than a sibling would is asked there as well. It keeps the tail short
 * while one role instance is gray (November 2012) and nobody has evidence enough yet to eject it. When and whom to ask is
 * decided by policy/hedge.ts; here it is waited for, paid for and sent.
 * Invariants: a hedge waits for no seat and takes none that is not free; it is paid for before it is sent; the slower of
 * the two runs on to its end.
 */
import type { Clock, GuardSettings, HedgeSettings, Instant } from "@cordon/model";
import { attemptLimitMs, isEjected, planHedge, quantileMs, spendToken, type HedgeSibling } from "@cordon/policy";
import type { Answered, Inquiry, MakeAttempt } from "./attempt.ts";
import type { Gate, RoleInstance } from "./gate.ts";
import { isShut } from "./standing.ts";
import { within } from "./wait.ts";

export interface HedgeOptions {
  readonly settings: GuardSettings;
  readonly hedge: HedgeSettings;
  readonly clock: Clock;
  readonly attempt: MakeAttempt;
}

/** Waits for the try that is `running` at `asked`, and for a sibling's answer too when that is worth asking for. */
export async function withHedge<Value>(
  { settings, hedge, clock, attempt }: HedgeOptions,
  inquiry: Inquiry<Value>,
  asked: RoleInstance,
  running: Promise<Answered<Value>>,
): Promise<Answered<Value>> {
  const { gate } = inquiry;
  const limitFrom = (now: Instant): number =>
    attemptLimitMs(inquiry.deadline, settings.attemptTimeoutMs[gate.operation], now);
  const now = clock.now();
  const able = gate.instances.filter((one) => one !== asked && isOpen(gate, one, now));
  const siblings = able.map((one) => siblingOf(one, gate, now));
  const plan = planHedge(hedge, gate.operation, siblings, limitFrom(now), now);
  if (plan.kind === "none") return running;
  const early = await within(running, plan.afterMs, undefined);
  if (early !== undefined) return early;

  const sibling = able.find((one) => one.id === plan.instance);
  const limitMs = limitFrom(clock.now());
  const paid = spendToken(gate.hedgeBudget);
  const out = isShut(gate) || inquiry.left?.aborted === true;
  if (sibling === undefined || paid === undefined || limitMs < 1 || out) return running;
  const seat = gate.seats.take();
  if (seat === undefined) return running;
  gate.hedgeBudget = paid;
  return firstGood(running, attempt(inquiry, sibling, seat, limitMs));
}

const isOpen = (gate: Gate, instance: RoleInstance, now: Instant): boolean =>
  !isEjected(gate.ejections, instance.id) && !instance.paths[gate.operation].breaker.isOpen(now);

const siblingOf = (instance: RoleInstance, gate: Gate, now: Instant): HedgeSibling => ({
  instance: instance.id,
  p99Ms: quantileMs(instance.paths[gate.operation].latency, 0.99, now),
  freeSeats: instance.freeSeats,
  freeSeatsSaidAt: instance.freeSeatsSaidAt,
});

/** Whichever answers first; when neither does, what became of the first. */
async function firstGood<Value>(
  first: Promise<Answered<Value>>,
  second: Promise<Answered<Value>>,
): Promise<Answered<Value>> {
  const sooner = await Promise.race([first, second]);
  if (sooner.reply.kind === "answered") return sooner;
  const [one, two] = await Promise.all([first, second]);
  return two.reply.kind === "answered" ? two : one;
}
