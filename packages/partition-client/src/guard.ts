/**
 * The guard before each partition, from top to bottom: deadline, isolation, bulkhead, choice of instance and breaker,
 * attempt, retry by budget, hedge. It is what keeps a silent partition (June 2014) from costing anybody else more than a
 * refusal, and a half-hanging role instance (November 2012) from costing its callers anything but a second try.
 * What a protection being off means is a value in the settings and a strategy made from it (one book of seats for all,
 * no deadline, an unbounded budget), never another guard.
 * Invariants: every refusal is a value that says when to come back; a seat is held until its attempt has truly ended,
 * whoever waits for it; no try begins after the deadline; retries and hedges are paid for before they are sent; a caller
 * that leaves takes its attempts with it, unless deadlines are off.
 */
import type { Clock, GuardSettings, Instant } from "@cordon/model";
import {
  attemptLimitMs,
  chooseInstance,
  earnToken,
  hedgeBudget,
  isEjected,
  retryDelayMs,
  spendToken,
  type DoorDeadline,
} from "@cordon/policy";
import type { Alarms } from "./alarms.ts";
import type { Answer, CallOptions, UnavailableReason } from "./answer.ts";
import { createAttempts, type Answered, type Inquiry } from "./attempt.ts";
import type { Question } from "./exchange.ts";
import type { Gate, Path, RoleInstance, RoutedPartition } from "./gate.ts";
import { withHedge } from "./hedge.ts";
import type { Judge } from "./judge.ts";
import { probeOutcomeOf } from "./outcome.ts";
import type { SeatAnswer } from "./seats.ts";
import { isShut, type Standings } from "./standing.ts";
import { isPending, waitFor } from "./wait.ts";

export interface Guard {
  /** Asks the partition. `body` is the request as JSON. Never rejects. */
  ask<Value>(at: RoutedPartition, question: Question<Value>, body: string, call: CallOptions): Promise<Answer<Value>>;
  /** The gate was shut: who waits is told at once, and what is in flight is given up if the evidence shut it. */
  shut(gate: Gate, by: "evidence" | "operator"): void;
  /** The instance is out: what is in flight with it is better asked elsewhere. */
  giveUp(path: Path): void;
}

export interface GuardOptions {
  readonly settings: GuardSettings;
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly random: () => number;
  readonly judge: Judge;
  readonly standings: Standings;
}

type Tried<Value> = { readonly kind: "failed" } | Answer<Value>;
const failed = { kind: "failed" } as const;

/** When to come back after tries that failed: by then the judge knows more. */
const failedRetryAfterMs = 1000;

export function createGuard({ settings, clock, alarms, random, judge, standings }: GuardOptions): Guard {
  const attempt = createAttempts({ settings, clock, judge });
  const hedge = settings.hedge === "off" ? undefined : { settings, hedge: settings.hedge, clock, alarms, attempt };

  function ask<Value>(
    at: RoutedPartition,
    question: Question<Value>,
    body: string,
    call: CallOptions,
  ): Promise<Answer<Value>> {
    const gate = at.gates[question.operation];
    const now = clock.now();
    const inquiry: Inquiry<Value> = {
      at,
      gate,
      question,
      body,
      atLeast: call.atLeast,
      deadline: deadlineOf(question.operation, call.deadline, now),
      left: settings.deadlineMs === "off" ? undefined : call.signal,
      triedBefore: undefined,
    };
    gate.retryBudget = earnToken(gate.retryBudget, settings.retry.budget);
    if (settings.hedge !== "off") gate.hedgeBudget = earnToken(gate.hedgeBudget, hedgeBudget(settings.hedge));

    const tried = tryOnce(inquiry, true, now);
    if (!isPending(tried)) return tried.kind === "failed" ? tryAgain(inquiry) : Promise.resolve(tried);
    return tried.then((answer) => (answer.kind === "failed" ? tryAgain(inquiry) : answer));
  }

  /** The first try has failed. */
  async function tryAgain<Value>(inquiry: Inquiry<Value>): Promise<Answer<Value>> {
    const { gate } = inquiry;
    for (let retry = 0; retry < settings.retry.attempts; retry++) {
      const delayMs = retryDelayMs(settings.retry.delay, retry, random());
      const now = clock.now();
      if (isOver(inquiry, now + delayMs)) return refuse(inquiry, "deadline", failedRetryAfterMs);
      const paid = spendToken(gate.retryBudget);
      if (paid === undefined) return refuse(inquiry, "failed", failedRetryAfterMs);
      gate.retryBudget = paid;
      if (delayMs > 0) await waitFor(delayMs, inquiry.left);
      const tried = await tryOnce(inquiry, false, delayMs > 0 ? clock.now() : now);
      if (tried.kind !== "failed") return tried;
    }
    return refuse(inquiry, "failed", failedRetryAfterMs);
  }

  function tryOnce<Value>(inquiry: Inquiry<Value>, first: boolean, now: Instant): Tried<Value> | Promise<Tried<Value>> {
    const { at, gate } = inquiry;
    if (isOver(inquiry, now)) return refuse(inquiry, "deadline", failedRetryAfterMs);

    if (!gate.inUse) judge.use(at, gate);
    const cutOff = standings.refusal(at, gate, now);
    if (cutOff !== undefined) return refuse(inquiry, "isolated", cutOff.retryAfterMs);

    const asked = gate.seats.ask(giveUpAt(inquiry.deadline), inquiry.left, now);
    if (isPending(asked)) return asked.then((seat) => tryFrom(seat, inquiry, first, clock.now()));
    return tryFrom(asked, inquiry, first, now);
  }

  /** The try of one who has been told whether there is a seat. */
  function tryFrom<Value>(
    seat: SeatAnswer,
    inquiry: Inquiry<Value>,
    first: boolean,
    now: Instant,
  ): Tried<Value> | Promise<Tried<Value>> {
    const { at, gate } = inquiry;
    if (seat.kind === "refused") {
      const reason = seat.reason === "flushed" ? "isolated" : isOver(inquiry, now) ? "deadline" : "bulkhead";
      return refuse(inquiry, reason, seat.retryAfterMs);
    }
    const limitMs = limitOf(inquiry, now);
    const instance = limitMs < 1 ? undefined : choose(inquiry, now);
    if (instance === undefined) {
      gate.seats.release(seat.id, now);
      return limitMs < 1 ? refuse(inquiry, "deadline", failedRetryAfterMs) : failed;
    }
    // Last of all, so that no lease is taken by a call that is not sent. The partition may have been cut off while the
    // call waited; and a book shared by all partitions is not flushed for one.
    const admission = standings.admit(at, gate, now);
    if (admission.kind === "isolated") {
      gate.seats.release(seat.id, now);
      return refuse(inquiry, "isolated", admission.retryAfterMs);
    }
    inquiry.triedBefore = instance.id;

    const running = attempt(inquiry, instance, seat.id, limitMs, now);
    const hedging = first && admission.kind === "joined" ? hedge : undefined;
    const ended = hedging === undefined ? running : withHedge(hedging, inquiry, instance, running, now);
    return ended.then((answered) => {
      if (admission.kind === "probe") standings.probeEnded(gate, admission, probeOutcomeOf(answered.outcome));
      return read(inquiry, answered);
    });
  }

  /** On a slow host a second try would only ask for more of what is scarce: the first one has all the time there is. */
  const limitOf = ({ deadline, gate }: Inquiry<unknown>, now: Instant): number => {
    const timeoutMs = settings.attemptTimeoutMs[gate.operation];
    const isPatient = deadline !== "off" && judge.isHostSlow();
    return attemptLimitMs(deadline, isPatient ? Number.POSITIVE_INFINITY : timeoutMs, now);
  };

  /** Where the next try goes. */
  function choose({ gate, triedBefore }: Inquiry<unknown>, now: Instant): RoleInstance | undefined {
    const candidates = gate.instances.map((instance) => {
      const path = instance.paths[gate.operation];
      return {
        instance: instance.id,
        ejected: isEjected(gate.ejections, instance.id),
        breakerOpen: path.breaker.isOpen(now),
        // Without ejection nobody looks at how the instances do: they are taken at random, as from a list of addresses.
        inFlight: settings.ejection === "off" ? 0 : path.running.size,
      };
    });
    const choice = chooseInstance(candidates, triedBefore, random());
    return choice.kind === "nobody" ? undefined : gate.instances.find(({ id }) => id === choice.instance);
  }

  /** What the caller is told of a try, or that it failed and may be made again. */
  function read<Value>(inquiry: Inquiry<Value>, { reply, instance }: Answered<Value>): Tried<Value> {
    const { gate } = inquiry;
    const partition = gate.partition;
    switch (reply.kind) {
      case "answered":
        return { kind: "answered", value: reply.value, partition, instance };
      case "busy":
        return { kind: "busy", partition, retryAfterMs: reply.retryAfterMs };
      case "rejected":
        return refuse(inquiry, "failed", failedRetryAfterMs);
      case "missed":
      case "broken":
      case "behind":
      case "cancelled": // the caller left, the gate was shut, or the instance is out
        return isShut(gate) ? refuse(inquiry, "isolated", failedRetryAfterMs) : failed;
    }
  }

  const deadlineOf = (operation: Gate["operation"], door: Instant | undefined, now: Instant): DoorDeadline => {
    if (settings.deadlineMs === "off") return "off";
    const own = now + settings.deadlineMs[operation];
    return door === undefined ? own : Math.min(own, door);
  };
  const isOver = ({ deadline, left }: Inquiry<unknown>, now: Instant): boolean =>
    left?.aborted === true || (deadline !== "off" && now >= deadline);

  return {
    ask,
    shut(gate, by) {
      if (settings.bulkhead.kind === "per-partition") gate.seats.flush(failedRetryAfterMs);
      if (by === "operator") return; // an order is no evidence that what is in flight will not be answered
      for (const { paths } of gate.instances) cancelAll(paths[gate.operation]);
    },
    giveUp: cancelAll,
  };
}

function cancelAll(path: Path): void {
  path.running.forEach((attempt) => attempt.cancel());
}

const giveUpAt = (deadline: DoorDeadline): Instant => (deadline === "off" ? Number.POSITIVE_INFINITY : deadline);

function refuse(
  { gate }: Inquiry<unknown>,
  reason: UnavailableReason,
  retryAfterMs: number,
): { kind: "unavailable"; partition: string; reason: UnavailableReason; retryAfterMs: number } {
  return { kind: "unavailable", partition: gate.partition, reason, retryAfterMs };
}
