/**
 * One attempt at one role instance, from its seat to its true end. It keeps its own books (seat, breaker, evidence,
 * latency), so that nobody has to wait for it: a hash that was begun cannot be recalled, and how it ends is evidence.
 * Invariants: the seat is given back when the attempt has ended and no sooner; a caller that leaves takes it along.
 */
import type { Clock, GuardSettings, InstanceId, Instant } from "@cordon/model";
import { noteLatency, remainingHeader, type CallOutcome, type DoorDeadline } from "@cordon/policy";
import type { Attempt, Question, Reply } from "./exchange.ts";
import type { Gate, RoleInstance, RoutedPartition } from "./gate.ts";
import type { Judge } from "./judge.ts";
import { breakerOutcomeOf, evidenceOf, noteFreeSeats } from "./outcome.ts";

/** One caller's question, through all its tries. */
export interface Inquiry<Value> {
  readonly at: RoutedPartition;
  readonly gate: Gate;
  readonly question: Question<Value>;
  readonly body: string;
  readonly atLeast: number | undefined;
  readonly deadline: DoorDeadline;
  /** Aborts when the caller leaves. */
  readonly left: AbortSignal | undefined;
  triedBefore: InstanceId | undefined;
}

export interface Answered<Value> {
  readonly reply: Reply<Value>;
  /** What the attempt says about the instance. */
  readonly outcome: CallOutcome;
  readonly instance: InstanceId;
}

/** Asks `instance` once, within `limitMs` from `now`; `seat` was taken for it. Never rejects. */
export type MakeAttempt = <Value>(
  inquiry: Inquiry<Value>,
  instance: RoleInstance,
  seat: number,
  limitMs: number,
  now: Instant,
) => Promise<Answered<Value>>;

export interface AttemptOptions {
  readonly settings: GuardSettings;
  readonly clock: Clock;
  readonly judge: Judge;
}

export function createAttempts({ settings, clock, judge }: AttemptOptions): MakeAttempt {
  // Not async functions, here and in the guard: each keeps room for all of its variables until it has ended.
  return (inquiry, instance, seat, limitMs, beganAt) => {
    const { at, gate, left } = inquiry;
    const path = instance.paths[gate.operation];
    const call = judge.began(gate, path, beganAt);
    const pass = path.breaker.ask(call.id, beganAt);
    const giveUpAt = beganAt + limitMs;
    const sent = instance.exchange.send({
      question: inquiry.question,
      body: inquiry.body,
      giveUpAt,
      deadline: remainingHeader(inquiry.deadline === "off" ? "off" : giveUpAt, beganAt),
      atLeast: inquiry.atLeast,
      canary: false,
    });
    const place = path.running.add(sent);
    return (left === undefined ? sent.ended : endOf(sent, left)).then((reply) => {
      const now = clock.now();
      path.running.remove(sent, place);
      gate.seats.release(seat, now);

      // Less time than an overdue call takes says how patient the caller was, and nothing about the instance.
      const impatient = limitMs < settings.evidence.overdueMs[gate.operation];
      // And where everything is late, a miss says something about the host.
      const excused = reply.kind === "missed" && (impatient || judge.isHostSlow());
      const outcome = excused ? "cancelled" : evidenceOf(reply);
      if (pass.kind === "pass") path.breaker.ended(call.id, pass.generation, breakerOutcomeOf(outcome), now);
      if (reply.kind === "answered") {
        noteLatency(path.latency, now - beganAt, now);
        noteFreeSeats(instance, reply, now);
      }
      judge.ended(at, instance, gate, call, outcome, now);
      return { reply, outcome, instance: instance.id };
    });
  };
}

/** The end of an attempt; it is given up when the caller leaves. */
async function endOf<Value>(sent: Attempt<Value>, left: AbortSignal): Promise<Reply<Value>> {
  const leave = (): void => sent.cancel();
  if (left.aborted) leave();
  left.addEventListener("abort", leave, { once: true });
  const reply = await sent.ended;
  left.removeEventListener("abort", leave);
  return reply;
}
