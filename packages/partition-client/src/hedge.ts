/**
 * The second ask: a first try that takes longer than a sibling would is asked there as well. It keeps the tail short
 * while one role instance is gray (November 2012) and nobody has evidence enough yet to eject it. When and whom to ask is
 * decided by policy/hedge.ts; here it is waited for, paid for and sent.
 * Invariants: a hedge waits for no seat and takes none that is not free; it is paid for before it is sent; the slower of
 * the two runs on to its end.
 */
import type { Clock, GuardSettings, HedgeSettings, InstanceId, Instant } from "@cordon/model";
import {
  attemptLimitMs,
  isEjected,
  planHedge,
  quantileMs,
  spendToken,
  type HedgePlan,
  type HedgeSibling,
} from "@cordon/policy";
import type { Alarm, Alarms } from "./alarms.ts";
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

/**
 * What becomes of the try that is `running` at `asked` since `now`, or of a sibling's when that is worth asking for.
 * Nearly every try is answered before a hedge is thought of: whom to ask, and when, is worked out only then.
 */
export function withHedge<Value>(
  options: HedgeOptions,
  inquiry: Inquiry<Value>,
  asked: RoleInstance,
  running: Promise<Answered<Value>>,
  now: Instant,
): Promise<Answered<Value>> {
  if (inquiry.gate.instances.length < 2) return running;
  return new Promise((resolve) => {
    const late = new LateTry(options, inquiry, asked, running, now, resolve);
    void running.then((answered) => {
      late.callOff();
      resolve(answered); // and nothing, if the sibling has been asked
    });
  });
}

/** A first try that may become late. A class, because it owns an alarm. */
class LateTry<Value> implements Alarm {
  dueAt: Instant;
  readonly #options: HedgeOptions;
  readonly #inquiry: Inquiry<Value>;
  readonly #asked: RoleInstance;
  readonly #running: Promise<Answered<Value>>;
  readonly #beganAt: Instant;
  readonly #resolve: (answered: Promise<Answered<Value>>) => void;
  #place: number;

  constructor(
    options: HedgeOptions,
    inquiry: Inquiry<Value>,
    asked: RoleInstance,
    running: Promise<Answered<Value>>,
    beganAt: Instant,
    resolve: (answered: Promise<Answered<Value>>) => void,
  ) {
    this.#options = options;
    this.#inquiry = inquiry;
    this.#asked = asked;
    this.#running = running;
    this.#beganAt = beganAt;
    this.#resolve = resolve;
    this.dueAt = beganAt + options.hedge.floorMs;
    this.#place = options.alarms.set(this);
  }

  callOff(): void {
    this.#options.alarms.cancel(this, this.#place);
  }

  /** It takes longer than the floor: the sibling is asked now, or when a sibling would have answered, or not at all. */
  ring(): void {
    const now = this.#options.clock.now();
    const plan = this.#plan(now);
    if (plan.kind === "none") return;
    const dueAt = this.#beganAt + plan.afterMs;
    if (dueAt <= now) return this.#resolve(askSibling(this.#options, this.#inquiry, plan.instance, this.#running));
    this.dueAt = dueAt;
    this.#place = this.#options.alarms.set(this);
  }

  #plan(now: Instant): HedgePlan {
    const { gate } = this.#inquiry;
    const siblings = gate.instances
      .filter((one) => one !== this.#asked && isOpen(gate, one, now))
      .map((one) => siblingOf(one, gate, now));
    const limitMs = limitFrom(this.#options, this.#inquiry, this.#beganAt);
    return planHedge(this.#options.hedge, gate.operation, siblings, limitMs, now);
  }
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
