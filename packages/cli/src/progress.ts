/**
 * What is said on stderr while a drill runs: one line a step, plain text, so that it reads the same in a terminal, in a
 * log and in a pipe. Results never go here.
 */
import type { Event, Phase, Result } from "@cordon/model";
import type { RepeatObserver } from "@cordon/drill";
import type { PresetName } from "@cordon/lab";
import { wrappedTo } from "./layout.ts";

const told = new Set<Event["kind"]>([
  "fault-injected",
  "fault-proven",
  "fault-removed",
  "fault-proven-gone",
  "partition-red",
  "partition-isolated",
  "partition-rejoined",
  "instance-red",
  "instance-ejected",
  "lane-isolated",
  "lane-draining",
  "lane-flowing",
  "fenced",
  "failover-started",
  "failover-done",
  "fallback-began",
  "host-slow",
  "lease-expired",
]);
/** What a person did is told from the first moment on, before the fault too. */
const orders = new Set<Event["kind"]>(["operator-isolated", "operator-rejoined", "operator-failed-over"]);

/** An observer that writes to `write`, in lines of at most `columns`. */
export function createProgress(write: (line: string) => void, columns: number): RepeatObserver {
  let zero: number | undefined;
  let isGroundTold = false;
  const say = (preset: PresetName, text: string): void => write(wrappedTo(columns, `${preset.padEnd(4)} `, text));
  return {
    preflight(checks) {
      // A series makes the same checks before each run: once told, only what has changed for the worse is worth a line.
      for (const { name, state, detail } of checks)
        if (state !== "ok" || !isGroundTold)
          write(wrappedTo(columns, `preflight  ${state.padEnd(8)} ${name.padEnd(8)} `, detail));
      isGroundTold = true;
    },
    sideBegins(preset) {
      zero = undefined;
      say(preset, "starting the lab");
    },
    phase(preset: PresetName, phase: Phase) {
      const words: Record<Phase, string> = {
        warm: "lab ready; load begins",
        steady: "steady state is measured",
        fault: "fault",
        recovery: "recovery",
        end: "load ends; every mail is accounted for",
      };
      if (phase !== "fault" && phase !== "recovery") say(preset, words[phase]);
    },
    event(preset, event) {
      if (event.kind === "fault-injected") zero = event.at;
      if (!orders.has(event.kind) && (zero === undefined || !told.has(event.kind))) return;
      const detail = event.source === "drill" ? event.detail : "";
      const name = event.instance ?? event.partition ?? "";
      // What is said of it often names it already.
      const about = [detail.includes(name) ? "" : name, event.operation ?? "", detail].filter((word) => word !== "");
      const clock = zero === undefined ? "before" : `${((event.at - zero) / 1_000).toFixed(1).padStart(5)} s`;
      say(preset, `${clock}  ${[`${event.source}: ${event.kind}`, ...about].join(" ")}`);
    },
    steady(preset, { seconds, signIns, okShare, p95Ms }) {
      const p95 = p95Ms === null ? "-" : `${p95Ms.toFixed(0)} ms`;
      say(
        preset,
        `ok steady ${seconds.toFixed(0)} s: ${signIns} sign-ins, ${(okShare * 100).toFixed(1)} % served, p95 ${p95}`,
      );
    },
    sideEnds(preset) {
      say(preset, "cleared away");
    },
    runEnds(number: number, result: Result) {
      write(wrappedTo(columns, `run ${number}: `, `${result.verdict} (${result.reason})`));
    },
  };
}
