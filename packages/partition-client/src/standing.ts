/**
 * Whether a partition is cut off for an operation, and what follows when that changes: the machine of
 * policy/isolation.ts with its events, its listeners and its probes. The operator's word stands above all evidence.
 * For look-ups the canaries are the probes, so that nobody's mail has to try. A verify has no canary: leased calls of
 * users probe it, but never while the canaries say already that the whole partition is silent.
 * Invariants: each change of standing is said once; whoever answered while the partition was cut off starts afresh when
 * it joins again, and who did not is still red.
 */
import type { Clock, GuardSettings, Instant, IsolationSettings, OperatorState } from "@cordon/model";
import {
  askProbe,
  forgive,
  stepIsolation,
  type Isolation,
  type IsolationEvent,
  type ProbeOutcome,
} from "@cordon/policy";
import type { Events } from "@cordon/runtime";
import type { Standing } from "./answer.ts";
import { askedOperations, type Gate, type RoleInstance, type RoutedPartition } from "./gate.ts";

export type Admission =
  | { readonly kind: "joined" }
  /** Let through to see whether the partition serves again; brought back with `probeEnded`. */
  | { readonly kind: "probe"; readonly probe: number; readonly generation: number }
  | { readonly kind: "isolated"; readonly retryAfterMs: number };

export interface Standings {
  /** The partition was judged; `why` names the instances that are red. */
  judged(gate: Gate, event: Extract<IsolationEvent, { type: "judged" }>, now: Instant, why: string): void;
  canaryEnded(at: RoutedPartition, instance: RoleInstance, answered: boolean, now: Instant): void;
  /** When to come back, if no call may go to the partition now, not even a probe; nothing is leased. */
  refusal(at: RoutedPartition, gate: Gate, now: Instant): { readonly retryAfterMs: number } | undefined;
  /** Whether the call may go to the partition; it is sent at once, because the lease of a probe runs from now. */
  admit(at: RoutedPartition, gate: Gate, now: Instant): Admission;
  probeEnded(gate: Gate, probe: Extract<Admission, { kind: "probe" }>, outcome: ProbeOutcome): void;
  obey(state: OperatorState, partitions: Iterable<RoutedPartition>): void;
  /** Every role instance of the partition is a new one. */
  replaced(at: RoutedPartition): void;
}

export interface StandingsOptions {
  readonly settings: GuardSettings;
  readonly clock: Clock;
  readonly events: Events;
  /** `byOperator`: the change is the operator's doing. */
  readonly onStanding: (gate: Gate, standing: Standing, byOperator: boolean) => void;
}

/** Only the operator isolates when the protection is off; these stand where its numbers would, and decide nothing. */
const operatorOnly: IsolationSettings = { probes: 1, probeEveryMs: 1000, probeLeaseMs: 1000, rejoinSuccesses: 1 };
const joinedAdmission: Admission = { kind: "joined" };
const joinedStanding: Standing = { state: "joined" };

export function createStandings({ settings, clock, events, onStanding }: StandingsOptions): Standings {
  const isolation = settings.isolation === "off" ? operatorOnly : settings.isolation;
  let nextProbe = 1;

  function step(gate: Gate, event: IsolationEvent, now: Instant, why: string): void {
    const before = standingOf(gate.isolation);
    gate.isolation = stepIsolation(gate.isolation, isolation, event, now);
    const after = standingOf(gate.isolation);
    if (isSame(before, after)) return;
    const about = { partition: gate.partition, operation: gate.operation };
    if (after.state === "isolated") {
      const detail = after.by === "operator" ? "by the operator" : why;
      events.emit("partition-isolated", `${gate.operation}: ${detail}`, about);
    } else {
      if (before.state === "isolated") forgiveThoseWhoAnswered(gate, before.since, now);
      events.emit("partition-rejoined", `${gate.operation}: ${why}`, about);
    }
    onStanding(gate, after, event.type === "operator");
  }

  return {
    judged(gate, event, now, why) {
      if (settings.isolation !== "off") step(gate, event, now, why);
    },
    canaryEnded(at, instance, answered, now) {
      if (settings.isolation === "off") return;
      const event = { type: "canary-ended", instance: instance.id, ok: answered } as const;
      step(at.gates.lookup, event, now, "its canaries are answered again");
      // Where verify has failed by itself, only a verify can show that it is well again.
      if (instance.paths.verify.evidence.standing.kind === "clear")
        step(at.gates.verify, event, now, "its canaries are answered again");
    },
    refusal(at, gate, now) {
      if (!isShut(gate)) return undefined;
      if (canariesProbe(at)) return { retryAfterMs: isolation.probeEveryMs };
      const { answer } = askProbe(gate.isolation, isolation, nextProbe, now);
      return answer.kind === "refused" ? answer : undefined;
    },
    admit(at, gate, now) {
      if (!isShut(gate)) return joinedAdmission;
      if (canariesProbe(at)) return { kind: "isolated", retryAfterMs: isolation.probeEveryMs };
      const probe = nextProbe++;
      const asked = askProbe(gate.isolation, isolation, probe, now);
      gate.isolation = asked.isolation;
      switch (asked.answer.kind) {
        case "not-needed":
          return joinedAdmission;
        case "leased":
          return { kind: "probe", probe, generation: asked.answer.generation };
        case "refused":
          return { kind: "isolated", retryAfterMs: asked.answer.retryAfterMs };
      }
    },
    probeEnded(gate, { probe, generation }, outcome) {
      step(gate, { type: "probe-ended", generation, probe, outcome }, clock.now(), "its probes are answered again");
    },
    obey(state, partitions) {
      for (const at of partitions) {
        const mode = state.partitions[at.id]?.mode;
        if (mode === undefined) continue;
        for (const operation of askedOperations)
          step(at.gates[operation], { type: "operator", mode }, clock.now(), "the operator leaves it to the evidence");
      }
    },
    replaced(at) {
      for (const operation of askedOperations)
        step(at.gates[operation], { type: "replaced" }, clock.now(), "it has new role instances");
    },
  };
}

/** The standing an isolation amounts to: one that is being probed is isolated still. */
export function standingOf(isolation: Isolation): Standing {
  switch (isolation.state) {
    case "joined":
      return joinedStanding;
    case "isolated":
      return { state: "isolated", by: isolation.by, since: isolation.since };
    case "probing":
      return { state: "isolated", by: "evidence", since: isolation.since };
  }
}

/** For look-ups, and for all while look-ups are cut off, the canaries are the probes. */
const canariesProbe = (at: RoutedPartition): boolean => isShut(at.gates.lookup);

/** Whether calls that are no probes are kept away from the partition. */
export const isShut = (gate: Gate): boolean => standingOf(gate.isolation).state === "isolated";

const isSame = (a: Standing, b: Standing): boolean =>
  a.state === "isolated" && b.state === "isolated" ? a.by === b.by : a.state === b.state;

function forgiveThoseWhoAnswered(gate: Gate, since: Instant, now: Instant): void {
  for (const { paths } of gate.instances) {
    const { evidence } = paths[gate.operation];
    if (evidence.lifeBeganAt >= since) forgive(evidence, now);
  }
}
