/**
 * A whole drill: its sides one after the other in an order the seed chooses, the verdict, and what is written down. The
 * same code runs a side alone, for the ablation and for repeats; then nothing is claimed that two sides would prove.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { disabledIn, runDir, settingsOf, type PresetName } from "@cordon/lab";
import { exitCodes, judge, type Abort, type DrillSpec, type SideRun } from "@cordon/measure";
import { coin, type Event, type Phase, type Result } from "@cordon/model";
import { abortOf, toldOptions } from "./cut-short.ts";
import { machineBusyMs, makeFolder, shareOfCores } from "@cordon/runtime";
import type { DrillOptions } from "./drill-options.ts";
import { wasHalted } from "./halt.ts";
import { digestOf, historyFile, historyText } from "./history-file.ts";
import type { LiveFigures } from "./live.ts";
import { examine, othersShareNow, readGround, type PreflightCheck } from "./preflight.ts";
import type { SteadyFigures } from "./steady-gate.ts";
import { NotCleared, SideStopped } from "./side-lost.ts";
import { runSide, type SideOutcome } from "./side-run.ts";
import { configOf, specOf } from "./spec.ts";
import { thisHost } from "./this-host.ts";

export interface DrillObserver {
  /** Before anything is started. */
  preflight(checks: readonly PreflightCheck[]): void;
  sideBegins(preset: PresetName): void;
  phase(preset: PresetName, phase: Phase, at: number): void;
  event(preset: PresetName, event: Event): void;
  steady(preset: PresetName, figures: SteadyFigures): void;
  sideEnds(preset: PresetName): void;
  live?(preset: PresetName, figures: LiveFigures): void;
  paused?(preset: PresetName, resume: () => void): void;
}

/** What a run came to. A preflight that failed has no result: nothing was injected. */
export type DrillOutcome =
  | { readonly kind: "judged"; readonly result: Result; readonly runs: readonly SideRun[]; readonly spec: DrillSpec }
  | { readonly kind: "preflight-failed"; readonly reason: string };

/** Runs and judges. `signal` aborts: the lab is cleared away, and the result says `aborted`, with what `abort` says. */
export async function runDrill(
  options: DrillOptions,
  observer: DrillObserver,
  signal: AbortSignal,
): Promise<DrillOutcome> {
  const unsound = await preflight(options, observer);
  if (unsound.length > 0) return { kind: "preflight-failed", reason: unsound.join("\n") };

  const { clock } = options;
  const startedAt = new Date(clock.wall()).toISOString();
  const began = clock.now();
  const busyBefore = machineBusyMs();
  const sides = await runSides(options, observer, signal);
  if (sides.kind === "preflight-failed") return sides;
  const elapsedMs = clock.now() - began;
  const busyAfter = machineBusyMs();

  const runs = [...options.borrowed, ...sides.runs];
  const told = toldOptions(options, sides.isInjected);
  const spec = specOf(options);
  const share = (busyMs: number): number | null => (busyBefore === undefined ? null : shareOfCores(busyMs, elapsedMs));
  const { baseline, candidate, overridden } = options;
  const histories = new Map(runs.map(({ preset, history }) => [preset, historyText(history)]));
  const result = judge(
    { sides: runs, baseline, candidate, overridden, abort: sides.abort, unsound: sides.unsound },
    spec,
    {
      cordon: options.cordon,
      drill: options.drill.id,
      variant: told.variant.id,
      seed: options.seed,
      profile: options.profile.name,
      store: options.store,
      startedAt,
      host: {
        ...thisHost(),
        busyShare: busyAfter === undefined ? null : share(busyAfter - (busyBefore ?? 0)),
        ownShare: share(sides.ownMs),
      },
      config: configOf(told),
      histories: Object.fromEntries([...histories].map(([preset, text]) => [preset, digestOf(text)])),
    },
  );
  writeRun(options.out, result, histories);
  return { kind: "judged", result, runs, spec };
}

/** Tells the checks of the ground, and returns what stands against a run. */
async function preflight(options: DrillOptions, observer: DrillObserver): Promise<readonly string[]> {
  const runIds = options.sides.map((preset) => runIdOf(options, preset));
  const ground = await readGround(options.root, options.out, runIds);
  const checks = examine({ ...ground, othersShare: await othersShareNow(options.clock) }, options.variant.fault);
  observer.preflight(checks);
  return checks.filter(({ state }) => state === "failed").map(({ detail }) => detail);
}

type SidesOutcome =
  | {
      readonly kind: "ended";
      readonly runs: readonly SideRun[];
      /** The fault of some side was in. */
      readonly isInjected: boolean;
      /** CPU time of the runs' own processes, milliseconds. */
      readonly ownMs: number;
      readonly abort: Abort | null;
      /** Why the last side has no history, though it or another came to its fault; null when all have one. */
      readonly unsound: string | null;
    }
  | Extract<DrillOutcome, { kind: "preflight-failed" }>;

/** One side after the other; those that have ended when the run is aborted, or when another is lost, are kept. */
async function runSides(options: DrillOptions, observer: DrillObserver, signal: AbortSignal): Promise<SidesOutcome> {
  const runs: SideRun[] = [];
  let ownMs = 0;
  for (const preset of orderOf(options)) {
    observer.sideBegins(preset);
    const runId = runIdOf(options, preset);
    const heard: Event[] = [];
    const isInjected = (): boolean => runs.length > 0 || heard.some(({ kind }) => kind === "fault-injected");
    const disabled = preset === options.candidate ? options.disabled : [];
    let outcome: SideOutcome;
    try {
      outcome = await runSide(
        { ...options, settings: settingsOf(preset, disabled), runId },
        {
          phase: (phase, at) => observer.phase(preset, phase, at),
          event: (event) => {
            heard.push(event);
            observer.event(preset, event);
          },
          steady: (figures) => observer.steady(preset, figures),
          live: (figures) => observer.live?.(preset, figures),
          paused: (resume) => observer.paused?.(preset, resume),
        },
        signal,
      );
    } catch (error) {
      if (error instanceof SideStopped) {
        const cause = { reason: `${error.message} (${preset})`, exitCode: exitCodes.stopped };
        const abort = abortOf(cause, heard, false);
        return { kind: "ended", runs, isInjected: isInjected(), ownMs, abort, unsound: null };
      }
      // Whoever interrupts is told that everything was rolled back: not when it was not.
      if (!signal.aborted || error instanceof NotCleared) throw error;
      const abort = abortOf(signal.reason as Abort, heard, wasHalted(runDir(options.root, runId)));
      return { kind: "ended", runs, isInjected: isInjected(), ownMs, abort, unsound: null };
    }
    if (outcome.kind === "lost") {
      const reason = `side ${preset}: ${outcome.reason}`;
      // What another side has shown is kept; only a run that injected nothing at all may say that it did not.
      if (!outcome.injected && runs.length + options.borrowed.length === 0) return { kind: "preflight-failed", reason };
      return { kind: "ended", runs, isInjected: true, ownMs, abort: null, unsound: reason };
    }
    ownMs += outcome.cpu.ownMs;
    runs.push({ preset, disabled: disabledIn(preset, disabled), history: outcome.history });
    observer.sideEnds(preset);
  }
  return { kind: "ended", runs, isInjected: true, ownMs, abort: null, unsound: null };
}

/** The name of a side's lab. */
const runIdOf = ({ seed }: DrillOptions, preset: PresetName): string => `${seed}-${preset}`;

/** Which side goes first is the seed's choice, so that neither always has the colder machine. */
export function orderOf({ sides, seed }: Pick<DrillOptions, "sides" | "seed">): readonly PresetName[] {
  return coin(seed, "order of sides") < 0.5 ? sides : sides.toReversed();
}

function writeRun(out: string, result: Result, histories: ReadonlyMap<string, string>): void {
  makeFolder(out);
  for (const [preset, text] of histories) writeFileSync(historyFile(out, preset), text);
  writeFileSync(join(out, "result.json"), `${JSON.stringify(result, undefined, 2)}\n`);
}
