/**
 * The second ask: a first try that takes longer than a sibling would is asked there as well. It keeps the tail short
 * while one role instance is gray (November 2012) and nobody has evidence enough yet to eject it. When and whom to ask is
 * decided by policy/hedge.ts; here it is waited for, paid for and sent.
 * Invariants: a hedge waits for no seat and takes none that is not free; it is paid for before it is sent; the slower of
 * the two runs on to its end.
 */
import type { Clock, GuardSettings, HedgeSettings, InstanceId, Instant } from "@cordon/model";
import { attemptLimitMs, isEjected, planHedge, quantileMs, spendToken, type HedgeSibling } from "@cordon/policy";
import type { Alarms } from "./alarms.ts";
import type { Answered, Inquiry, MakeAttempt } from "./attempt.ts";
import type { Gate, RoleInstance } from "./gate.ts";
import { isShut } from "./standing.ts";

export interface HedgeOptions {
  readonly settings: GuardSettings;
  readonly hedge: HedgeSettings;
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly attempt: MakeAttempt;
}

/** What becomes of the try that is `running` at `asked` since `now`, or of a sibling's when that is worth asking for. */
export function withHedge<Value>(
  options: HedgeOptions,
  inquiry: Inquiry<Value>,
  asked: RoleInstance,
  running: Promise<Answered<Value>>,
  now: Instant,
): Promise<Answered<Value>> {
  const { gate } = inquiry;
  const siblings: HedgeSibling[] = [];
  for (const one of gate.instances)
    if (one !== asked && isOpen(gate, one, now)) siblings.push(siblingOf(one, gate, now));
  const plan = planHedge(options.hedge, gate.operation, siblings, limitFrom(options, inquiry, now), now);
  if (plan.kind === "none") return running;
  const { instance, afterMs } = plan;
  return new Promise((resolve) => {
    const late = { dueAt: now + afterMs, ring: () => resolve(askSibling(options, inquiry, instance, running)) };
    const place = options.alarms.set(late);
    void running.then((answered) => {
      options.alarms.cancel(late, place);
      resolve(answered); // and nothing, if the sibling has been asked
    });
  });
}

/** The first try is late: the sibling is asked, unless something has come in between. */
function askSibling<Value>(
  options: HedgeOptions,
  inquiry: Inquiry<Value>,
  instance: InstanceId,
  running: Promise<Answered<Value>>,
): Promise<Answered<Value>> {
  const { gate } = inquiry;
  const now = options.clock.now();
  const sibling = gate.instances.find(({ id }) => id === instance);
  const limitMs = limitFrom(options, inquiry, now);
  const paid = spendToken(gate.hedgeBudget);
  const out = isShut(gate) || inquiry.left?.aborted === true;
  if (sibling === undefined || paid === undefined || limitMs < 1 || out) return running;
  const seat = gate.seats.take();
  if (seat === undefined) return running;
  gate.hedgeBudget = paid;
  return firstGood(running, options.attempt(inquiry, sibling, seat, limitMs, now));
}

const limitFrom = ({ settings }: HedgeOptions, { deadline, gate }: Inquiry<unknown>, now: Instant): number =>
  attemptLimitMs(deadline, settings.attemptTimeoutMs[gate.operation], now);

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
