/**
 * What a caller has itself seen of ONE role instance doing ONE operation, and the colour it gives it. In June 2014 the
 * role answered its health check while it failed its users, so no word of the instance about itself is used: only how
 * old the calls in flight are, and how the ended ones ended.
 *
 *   miss, broken   count against it; not a miss during most of which the caller itself stood still
 *   ok             ends the row of misses, and makes older calls in flight no longer overdue: the instance lives
 *   busy           push-back is a sign of life as well, and never a mark against it; it does not help back to green
 *   cancelled      says nothing; and nothing about a write does, as its fate is not known
 *
 * Invariants: a red once given stands until `greenSuccesses` successes in a row; writes are always green; the cost of
 * a call does not grow with the number of samples: a ring of ten counters is kept, and nothing is ever sorted.
 * The book is changed in place: it stands on the path of every call.
 */
import type { Colour, EvidenceSettings, Instant, Operation } from "@cordon/model";

export type CallOutcome = "ok" | "miss" | "busy" | "broken" | "cancelled";

export type CallEvent =
  | { readonly type: "started"; readonly id: number }
  | {
      readonly type: "ended";
      readonly id: number;
      readonly outcome: CallOutcome;
      readonly tookMs: number;
      /** How long the caller's own event loop stood still during the call, as far as it knows; 0 when it did not. */
      readonly ownStallMs: number;
    };

/** What else the caller knows when it judges. `hostSlow`: see host.ts; while it stands nobody turns red newly. */
export interface JudgingContext {
  readonly ownStallMs: number;
  readonly hostSlow: boolean;
}

export interface Judgement {
  readonly colour: Colour;
  /** What it was given for: calls overdue in flight, misses in a row, and the share of bad outcomes of `samples`. */
  readonly overdue: number;
  readonly misses: number;
  readonly samples: number;
  readonly badShare: number;
}

interface Slot {
  /** Number of the span of time the slot counts; a slot of an older span is empty. */
  span: number;
  samples: number;
  bad: number;
  slow: number;
}

export interface Evidence {
  readonly operation: Operation;
  /**
   * Calls in flight, oldest first: their ids, and when each began. Lists: they are short, and a Map that is filled and
   * emptied by every call makes a new table every few of them.
   */
  readonly inFlight: { readonly ids: number[]; readonly beganAt: Instant[] };
  readonly slots: readonly Slot[];
  /** When the newest call began that showed life: whoever began before it is slow, not a sign of a hang. */
  lifeBeganAt: Instant;
  misses: number;
  lastMissAt: Instant;
  /** What a success usually takes (about the median), slowly following; undefined before the first of `answers`. */
  usualMs: number | undefined;
  answers: number;
  standing: { readonly kind: "clear" } | { readonly kind: "red"; readonly since: Instant; readonly successes: number };
}

const slotCount = 10;
const emptySpan = Number.NEGATIVE_INFINITY;
/** Calls in flight that are followed; the guard's seats keep them far below. Beyond it calls count when they end. */
export const trackedCalls = 1024;
/** Share by which one answer moves what is usual once many have been seen: so a bad minute does not become usual. */
const usualStep = 1 / 512;

const clear = { kind: "clear" } as const;

export const createEvidence = (operation: Operation): Evidence => ({
  operation,
  inFlight: { ids: [], beganAt: [] },
  slots: Array.from({ length: slotCount }, () => ({ span: emptySpan, samples: 0, bad: 0, slow: 0 })),
  lifeBeganAt: Number.NEGATIVE_INFINITY,
  misses: 0,
  lastMissAt: Number.NEGATIVE_INFINITY,
  usualMs: undefined,
  answers: 0,
  standing: clear,
});

/** Takes down that a call began or ended. */
export function noteCall(evidence: Evidence, settings: EvidenceSettings, event: CallEvent, now: Instant): void {
  switch (event.type) {
    case "started":
      if (evidence.inFlight.ids.length >= trackedCalls) return;
      evidence.inFlight.ids.push(event.id);
      evidence.inFlight.beganAt.push(now);
      return;
    case "ended": {
      const beganAt = leave(evidence.inFlight, event.id) ?? now - event.tookMs;
      if (evidence.operation !== "write") noteOutcome(evidence, settings, event, beganAt, now);
      return;
    }
  }
}

/** Takes a call out, and says when it began; undefined when it was not followed. */
function leave({ ids, beganAt }: Evidence["inFlight"], id: number): Instant | undefined {
  const place = ids.indexOf(id);
  if (place === -1) return undefined;
  const began = beganAt[place];
  for (let next = place + 1; next < ids.length; next++) {
    ids[next - 1] = ids[next] ?? 0;
    beganAt[next - 1] = beganAt[next] ?? 0;
  }
  ids.pop();
  beganAt.pop();
  return began;
}

/** Calls in flight too long, with no sign of life of a call that began after them. The caller's own stall excuses. */
export function overdueCalls(evidence: Evidence, settings: EvidenceSettings, now: Instant, ownStallMs: number): number {
  if (evidence.operation === "write") return 0;
  const limitMs = settings.overdueMs[evidence.operation] + ownStallMs;
  let overdue = 0;
  for (const beganAt of evidence.inFlight.beganAt) {
    if (now - beganAt <= limitMs) break; // the rest began later still
    if (beganAt >= evidence.lifeBeganAt) overdue++;
  }
  return overdue;
}

/**
 * The colour of the instance for the operation, now. Giving a red is part of the machine: the evidence keeps it until
 * the successes that end it have been noted.
 */
export function colourOf(
  evidence: Evidence,
  settings: EvidenceSettings,
  now: Instant,
  context: JudgingContext,
): Judgement {
  const overdue = overdueCalls(evidence, settings, now, context.ownStallMs);
  const misses = now - evidence.lastMissAt > settings.windowMs ? 0 : evidence.misses;
  const { samples, bad, slow } = windowOf(evidence, settings, now);
  const enough = samples >= settings.minSamples;
  const badShare = samples === 0 ? 0 : bad / samples;
  const judged = (colour: Colour): Judgement => ({ colour, overdue, misses, samples, badShare });

  if (evidence.operation === "write") return judged("green");
  if (evidence.standing.kind === "red") return judged("red");
  if (overdue + misses >= settings.redMisses || (enough && badShare >= settings.redShare)) {
    if (context.hostSlow) return judged("yellow");
    evidence.standing = { kind: "red", since: now, successes: 0 };
    return judged("red");
  }
  const slowly = enough && !context.hostSlow && slow / samples >= settings.yellowShare;
  return judged(overdue > 0 || slowly || (enough && badShare >= settings.yellowShare) ? "yellow" : "green");
}

/**
 * What was seen before `now` no longer counts against the instance. Said when it is let back in (readmitted after an
 * ejection, rejoined after an isolation, replaced): otherwise its old red would put it out again untried.
 */
export function forgive(evidence: Evidence, now: Instant): void {
  evidence.lifeBeganAt = Math.max(evidence.lifeBeganAt, now);
  evidence.misses = 0;
  evidence.standing = clear;
  for (const slot of evidence.slots) slot.span = emptySpan;
}

type Ended = Extract<CallEvent, { type: "ended" }>;

function noteOutcome(evidence: Evidence, settings: EvidenceSettings, event: Ended, beganAt: Instant, now: Instant) {
  switch (event.outcome) {
    case "cancelled":
      return;
    case "busy":
      showLife(evidence, beganAt);
      slotAt(evidence, settings, now).samples++;
      return;
    case "ok":
      noteSuccess(evidence, settings, event.tookMs, beganAt, now);
      return;
    case "miss":
    case "broken":
      noteMiss(evidence, settings, event, beganAt, now);
      return;
  }
}

function noteSuccess(evidence: Evidence, settings: EvidenceSettings, tookMs: number, beganAt: Instant, now: Instant) {
  showLife(evidence, beganAt);
  const usualMs = evidence.usualMs ?? tookMs;
  const slot = slotAt(evidence, settings, now);
  slot.samples++;
  if (tookMs > usualMs * settings.slowFactor) slot.slow++;
  // Up or down by the same share, however far off the answer was: what is usual follows, it does not jump.
  evidence.answers++;
  const step = Math.max(usualStep, 1 / (1 + evidence.answers));
  evidence.usualMs = tookMs > usualMs ? usualMs * (1 + step) : usualMs / (1 + step);
  if (evidence.standing.kind === "clear") return;
  const successes = evidence.standing.successes + 1;
  if (successes >= settings.greenSuccesses) forgive(evidence, beganAt);
  else evidence.standing = { ...evidence.standing, successes };
}

function noteMiss(evidence: Evidence, settings: EvidenceSettings, event: Ended, beganAt: Instant, now: Instant) {
  // To miss an answer that came in time the caller must have stood still for nearly all of the call: it blames itself.
  if (event.outcome === "miss" && event.ownStallMs * 2 > event.tookMs) return;
  const slot = slotAt(evidence, settings, now);
  slot.samples++;
  slot.bad++;
  if (evidence.standing.kind === "red") evidence.standing = { ...evidence.standing, successes: 0 };
  if (beganAt < evidence.lifeBeganAt) return; // a later call was answered: a bad share, not a row of misses
  evidence.misses = now - evidence.lastMissAt > settings.windowMs ? 1 : evidence.misses + 1;
  evidence.lastMissAt = now;
}

function showLife(evidence: Evidence, beganAt: Instant): void {
  evidence.lifeBeganAt = Math.max(evidence.lifeBeganAt, beganAt);
  evidence.misses = 0;
}

const spanOf = (settings: EvidenceSettings, now: Instant): number => Math.floor((now * slotCount) / settings.windowMs);

function slotAt(evidence: Evidence, settings: EvidenceSettings, now: Instant): Slot {
  const span = spanOf(settings, now);
  const slot = evidence.slots[((span % slotCount) + slotCount) % slotCount];
  if (slot === undefined) throw new Error("evidence: the ring has a slot for every span");
  if (slot.span !== span) Object.assign(slot, { span, samples: 0, bad: 0, slow: 0 });
  return slot;
}

function windowOf(evidence: Evidence, settings: EvidenceSettings, now: Instant) {
  const oldest = spanOf(settings, now) - slotCount + 1;
  const sum = { samples: 0, bad: 0, slow: 0 };
  for (const slot of evidence.slots) {
    if (slot.span < oldest) continue;
    sum.samples += slot.samples;
    sum.bad += slot.bad;
    sum.slow += slot.slow;
  }
  return sum;
}
