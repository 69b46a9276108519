/**
 * Whether a whole partition is cut off for ONE operation: an absolute judgement, made when every role instance of it
 * is red by the caller's own evidence. In June 2014 mail and sign-in of everybody waited on the one partition that no
 * longer answered; cut off, it costs a refusal instead of a wait.
 *
 *   joined --all red--> isolated by evidence --probe or canary--> probing --successes--> joined
 *      \--operator--> isolated by the operator --operator says automatic--> joined
 *
 * The operator stands above all evidence; isolation stands above ejection and the panic rule. Invariants: an operator's
 * isolation ends by the operator alone; at most `probes` leases are out at once; a lease that runs out counts as a
 * failure; one whose caller left proves nothing, and its place is given to another; what an older generation of probes
 * brings back changes nothing; joining again takes `rejoinSuccesses` in a row. Whoever joins again starts with a clean sheet: the shell forgives the evidence of its instances.
 */
import type { Colour, InstanceId, IsolationSettings, Instant } from "@cordon/model";

/** The generation grows with each isolation and each failed batch; a probe brings back the one it was leased in. */
export type Isolation =
  | { readonly state: "joined"; readonly generation: number }
  | { readonly state: "isolated"; readonly by: "operator"; readonly since: Instant; readonly generation: number }
  | {
      readonly state: "isolated";
      readonly by: "evidence";
      readonly since: Instant;
      readonly generation: number;
      readonly nextProbeAt: Instant;
    }
  | Probing;

export interface Probing {
  readonly state: "probing";
  readonly since: Instant;
  readonly generation: number;
  readonly nextProbeAt: Instant;
  /** Probes that may still begin before `nextProbeAt`. */
  readonly batchLeft: number;
  /** Probe id -> when its lease runs out. */
  readonly leases: ReadonlyMap<number, Instant>;
  readonly successes: number;
  /** Canary answers in a row of each instance: one that is dead for good must not hold back one that serves. */
  readonly canaries: ReadonlyMap<InstanceId, number>;
}

export type IsolationEvent =
  /** The colours of all role instances. `mayIsolate`: neither is the host slow nor does the caller suspect itself. */
  | { readonly type: "judged"; readonly colours: readonly Colour[]; readonly mayIsolate: boolean }
  | { readonly type: "operator"; readonly mode: "isolated" | "automatic" }
  | {
      readonly type: "probe-ended";
      readonly generation: number;
      readonly probe: number;
      readonly outcome: ProbeOutcome;
    }
  /** A canary of this operation ended; canaries are no probes and need no lease. */
  | { readonly type: "canary-ended"; readonly instance: InstanceId; readonly ok: boolean }
  /** A failover gave the partition new role instances: they are probed at once. */
  | { readonly type: "replaced" };

/** `neutral`: it ended before it could show anything, because its caller left or had no time for it. */
export type ProbeOutcome = "ok" | "failed" | "neutral";

export type ProbeAnswer =
  /** Not isolated: the call needs no lease. */
  | { readonly kind: "not-needed" }
  | { readonly kind: "leased"; readonly generation: number; readonly leaseUntil: Instant }
  | { readonly kind: "refused"; readonly retryAfterMs: number };

export const joined: Isolation = { state: "joined", generation: 0 };

export function stepIsolation(
  isolation: Isolation,
  settings: IsolationSettings,
  event: IsolationEvent,
  now: Instant,
): Isolation {
  const current = expireLeases(isolation, settings, now);
  switch (event.type) {
    case "judged":
      return current.state === "joined" && event.mayIsolate && isAllRed(event.colours)
        ? isolatedByEvidence(now, current.generation + 1, now + settings.probeEveryMs)
        : current;
    case "operator":
      return obey(current, event.mode, now);
    case "probe-ended":
      return probeEnded(current, settings, event, now);
    case "canary-ended":
      return canaryEnded(current, settings, event.instance, event.ok);
    case "replaced":
      return isByEvidence(current) ? isolatedByEvidence(current.since, current.generation + 1, now) : current;
  }
}

/** A call wants to go to the partition. `probe` is an id of its own, to be brought back with its result. */
export function askProbe(
  isolation: Isolation,
  settings: IsolationSettings,
  probe: number,
  now: Instant,
): { readonly isolation: Isolation; readonly answer: ProbeAnswer } {
  const current = expireLeases(isolation, settings, now);
  if (current.state === "joined") return { isolation: current, answer: { kind: "not-needed" } };
  if (!isByEvidence(current)) {
    return { isolation: current, answer: { kind: "refused", retryAfterMs: settings.probeEveryMs } };
  }
  const probing = current.state === "probing" ? current : beginProbing(current);
  const isDue = now >= probing.nextProbeAt;
  const left = isDue ? settings.probes - probing.leases.size : probing.batchLeft;
  const nextProbeAt = isDue ? now + settings.probeEveryMs : probing.nextProbeAt;
  if (left <= 0 || probing.leases.has(probe)) {
    return { isolation: current, answer: { kind: "refused", retryAfterMs: Math.max(1, nextProbeAt - now) } };
  }
  const leaseUntil = now + settings.probeLeaseMs;
  return {
    isolation: { ...probing, nextProbeAt, batchLeft: left - 1, leases: new Map(probing.leases).set(probe, leaseUntil) },
    answer: { kind: "leased", generation: probing.generation, leaseUntil },
  };
}

type ByEvidence = Extract<Isolation, { by: "evidence" }> | Probing;

const isAllRed = (colours: readonly Colour[]): boolean =>
  colours.length > 0 && colours.every((colour) => colour === "red");

const isByEvidence = (isolation: Isolation): isolation is ByEvidence =>
  isolation.state === "probing" || (isolation.state === "isolated" && isolation.by === "evidence");

const isolatedByEvidence = (since: Instant, generation: number, nextProbeAt: Instant): Isolation => ({
  state: "isolated",
  by: "evidence",
  since,
  generation,
  nextProbeAt,
});

const beginProbing = (isolated: Extract<Isolation, { by: "evidence" }>): Probing => ({
  state: "probing",
  since: isolated.since,
  generation: isolated.generation,
  nextProbeAt: isolated.nextProbeAt,
  batchLeft: 0,
  leases: new Map(),
  successes: 0,
  canaries: new Map(),
});

function obey(isolation: Isolation, mode: "isolated" | "automatic", now: Instant): Isolation {
  const isOperators = isolation.state === "isolated" && isolation.by === "operator";
  switch (mode) {
    case "isolated":
      return isOperators
        ? isolation
        : { state: "isolated", by: "operator", since: now, generation: isolation.generation + 1 };
    case "automatic": // an isolation by evidence goes on: automatic means that evidence decides
      return isOperators ? { state: "joined", generation: isolation.generation } : isolation;
  }
}

const failedBatch = (probing: Probing, settings: IsolationSettings, now: Instant): Isolation =>
  isolatedByEvidence(probing.since, probing.generation + 1, Math.max(probing.nextProbeAt, now + settings.probeEveryMs));

function expireLeases(isolation: Isolation, settings: IsolationSettings, now: Instant): Isolation {
  if (isolation.state !== "probing") return isolation;
  for (const until of isolation.leases.values()) if (until <= now) return failedBatch(isolation, settings, now);
  return isolation;
}

function probeEnded(
  isolation: Isolation,
  settings: IsolationSettings,
  event: Extract<IsolationEvent, { type: "probe-ended" }>,
  now: Instant,
): Isolation {
  if (isolation.state !== "probing" || isolation.generation !== event.generation) return isolation;
  if (!isolation.leases.has(event.probe)) return isolation;
  const leases = new Map(isolation.leases);
  leases.delete(event.probe);
  switch (event.outcome) {
    case "failed":
      return failedBatch(isolation, settings, now);
    case "neutral":
      return { ...isolation, leases, batchLeft: isolation.batchLeft + 1 };
    case "ok": {
      const successes = isolation.successes + 1;
      return successes >= settings.rejoinSuccesses
        ? { state: "joined", generation: isolation.generation }
        : { ...isolation, successes, leases };
    }
  }
}

function canaryEnded(isolation: Isolation, settings: IsolationSettings, instance: InstanceId, ok: boolean): Isolation {
  if (!isByEvidence(isolation) || (isolation.state === "isolated" && !ok)) return isolation;
  const probing = isolation.state === "probing" ? isolation : beginProbing(isolation);
  const row = ok ? (probing.canaries.get(instance) ?? 0) + 1 : 0;
  if (row >= settings.rejoinSuccesses) return { state: "joined", generation: isolation.generation };
  return { ...probing, canaries: new Map(probing.canaries).set(instance, row) };
}
