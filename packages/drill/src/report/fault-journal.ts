/**
 * A run as a journal of Chaos Toolkit's, for tools that read those: the fields which its journal reference requires and
 * recommends, and those that chaoslib 1 always writes, around an experiment of the specification's version 1.0.0. The
 * steady state before is that of the judged side, and the one after is its limits; the method is the injection on each side,
 * the rollbacks are the removals. Times are those of the run's own records, brought from its clock to the wall's. Nothing in
 * it is not in result.json or the histories too, and no chaoslib has run: the field for its version says so.
 */
import type { SideRun } from "@cordon/measure";
import type { FaultRecord, Instant, LimitResult, Result, Side, WallTime } from "@cordon/model";
import type { Drill, Variant } from "../drill.ts";
import { bound, measured, time } from "./format.ts";
import { judgedSide, nameOf } from "./sides.ts";

/** How the run's clock and the wall's stand to one another, and when the run ended. */
export interface WallClock {
  /** Wall time less instant, ms. */
  readonly offsetMs: number;
  readonly endedAt: WallTime;
}

interface Activity {
  readonly type: "probe" | "action";
  readonly name: string;
  readonly provider: {
    readonly type: "process";
    readonly path: string;
    readonly arguments: Readonly<Record<string, string>>;
  };
  readonly tolerance?: boolean;
}

interface Span {
  readonly start: string;
  readonly end: string;
  /** Seconds. */
  readonly duration: number;
}

interface Outcome extends Span {
  readonly activity: Activity;
  readonly status: "succeeded" | "failed";
  readonly output: string | null;
}

type ProbeOutcome = Outcome & { readonly tolerance_met: boolean };

/** The journal, ready to be written as JSON. */
export function faultJournal(drill: Drill, result: Result, runs: readonly SideRun[], wall: WallClock): object {
  // None is known by its name of a run that must not tell what was drawn; then no side has a step either.
  const variant = drill.variants.find(({ id }) => id === result.variant);
  const steps = variant === undefined ? [] : runs.flatMap((run) => stepsOf(run, result, variant, wall));
  const side = judgedSide(result);
  const startedAt = Date.parse(result.startedAt);
  const judged = runs.find(({ preset }) => preset === side?.preset);
  const after =
    side === undefined
      ? null
      : stateOf(side.limits.map((limit) => limitProbe(limit, result, spanOf(judged, "recovery", "end", wall))));
  const before =
    side === undefined ? null : stateOf([steadyProbe(side, result, spanOf(judged, "steady", "fault", wall))]);
  const method = steps.filter(({ does }) => does === "inject").map(({ outcome }) => outcome);
  const rollbacks = steps.filter(({ does }) => does === "remove").map(({ outcome }) => outcome);
  return {
    "chaoslib-version": `none: cordon ${result.cordon.version}`,
    platform: `${result.host.platform}, ${result.host.cpus} cores, node ${result.host.node}`,
    node: "localhost",
    experiment: {
      version: "1.0.0",
      title: [drill.title, ...(variant === undefined ? [] : [variant.title])].join(": "),
      description: drill.incident,
      tags: [drill.id, result.variant],
      "steady-state-hypothesis": {
        title: "every limit of the drill holds",
        probes: (after?.probes ?? []).map(({ activity }) => activity),
      },
      method: method.map(({ activity }) => activity),
      rollbacks: rollbacks.map(({ activity }) => activity),
    },
    start: iso(startedAt),
    status: statusOf(result),
    deviated: side !== undefined && isBelievable(result) && side.limits.some(({ held }) => !held),
    steady_states: { before, after, during: [] },
    run: method,
    rollbacks,
    end: iso(wall.endedAt),
    duration: (wall.endedAt - startedAt) / 1_000,
  };
}

const isBelievable = ({ verdict }: Result): boolean => verdict !== "invalid" && verdict !== "aborted";

/** As chaoslib has it: a steady state that is not met fails the experiment. */
function statusOf(result: Result): "completed" | "failed" | "aborted" | "interrupted" {
  const { verdict, exitCode, reason } = result;
  if (verdict === "aborted") return /^(?:interrupted|halted)/.test(reason) ? "interrupted" : "aborted";
  return exitCode === 0 ? "completed" : "failed";
}

interface FaultStep {
  readonly does: "inject" | "remove";
  readonly outcome: Outcome;
}

/** The injection and the removal of a side's fault; it succeeded when that was proven. */
function stepsOf(
  { preset, history }: SideRun,
  result: Result,
  variant: Variant,
  wall: WallClock,
): readonly FaultStep[] {
  const at = (step: FaultRecord["step"]): Instant | undefined =>
    history.flatMap((record) => (record.type === "fault" && record.step === step ? [record.at] : []))[0];
  const pairs = [
    ["inject", variant.injected, at("injected"), at("proven")],
    ["remove", variant.removed, at("removed"), at("proven-gone")],
  ] as const;
  return pairs.flatMap(([does, words, from, proven]): FaultStep[] => {
    if (from === undefined) return [];
    const outcome: Outcome = {
      activity: { type: "action", name: `${words} (${preset})`, provider: providerOf(result) },
      status: proven === undefined ? "failed" : "succeeded",
      ...span(from, proven ?? from, wall),
      output: proven === undefined ? null : "proven by a request of the drill's own",
    };
    return [{ does, outcome }];
  });
}

function steadyProbe(side: Side, result: Result, when: Span): ProbeOutcome {
  const { samples, p95Ms } = side.signIn.outside.steady;
  // Without a steady state nothing is injected.
  const isMet = side.fault.injectedAtMs !== null && !result.reason.startsWith("no steady state");
  return {
    activity: probe(`steady state before the fault (${nameOf(side)})`, result),
    status: "succeeded",
    ...when,
    tolerance_met: isMet,
    output: `${samples} sign-ins of others, p95 ${time(p95Ms)}`,
  };
}

const limitProbe = (limit: LimitResult, result: Result, when: Span): ProbeOutcome => ({
  activity: probe(`${limit.title} ${bound(limit)}`, result),
  status: "succeeded",
  ...when,
  tolerance_met: limit.held,
  output: measured(limit.measured, limit.unit),
});

const probe = (name: string, result: Result): Activity => ({
  type: "probe",
  name,
  provider: providerOf(result),
  tolerance: true,
});

/** One command does all of it, and nothing less can be run alone. */
const providerOf = ({ drill, variant, profile, store, seed }: Result): Activity["provider"] => ({
  type: "process",
  path: "cordon",
  arguments: { drill, "--variant": variant, "--profile": profile, "--store": store, "--seed": seed },
});

const stateOf = (probes: readonly ProbeOutcome[]) => ({
  steady_state_met: probes.every(({ tolerance_met: isMet }) => isMet),
  probes,
});

/** From the beginning of one phase to that of another, as far as the side came. */
function spanOf(run: SideRun | undefined, from: string, to: string, wall: WallClock): Span {
  const at = (phase: string): Instant | undefined =>
    run?.history.flatMap((record) => (record.type === "phase" && record.phase === phase ? [record.at] : []))[0];
  const start = at(from) ?? wall.endedAt - wall.offsetMs;
  return span(start, at(to) ?? start, wall);
}

const span = (from: Instant, to: Instant, { offsetMs }: WallClock): Span => ({
  start: iso(from + offsetMs),
  end: iso(to + offsetMs),
  duration: (to - from) / 1_000,
});

const iso = (at: WallTime): string => new Date(at).toISOString();
