/**
 * What is said on stderr while a drill runs: one line a step, plain text, so that it reads the same in a terminal, in a
 * log and in a pipe. Results never go here.
 */
import type { Event, Phase, Result } from "@cordon/model";
import type { RepeatObserver } from "@cordon/drill";
import type { PresetName } from "@cordon/lab";

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

/** An observer that writes to `write`; `quiet` says nothing at all. */
export function createProgress(write: (line: string) => void): RepeatObserver {
  let zero: number | undefined;
  let isGroundTold = false;
  const say = (preset: PresetName, text: string): void => write(`${preset.padEnd(4)} ${text}`.slice(0, 80));
  return {
    preflight(checks) {
      // A series makes the same checks before each run: once told, only what has changed for the worse is worth a line.
      for (const { name, state, detail } of checks)
        if (state !== "ok" || !isGroundTold) write(`preflight  ${state.padEnd(8)} ${name.padEnd(8)} ${detail}`);
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
      if (zero === undefined || !told.has(event.kind)) return;
      const about = [event.instance ?? event.partition ?? "", event.operation ?? ""]
        .filter((word) => word !== "")
        .join(" ");
      const seconds = ((event.at - zero) / 1_000).toFixed(1).padStart(5);
      say(
        preset,
        `${seconds} s  ${event.source}: ${event.kind} ${about} ${event.source === "drill" ? event.detail : ""}`.trimEnd(),
      );
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
      write(`run ${number}: ${result.verdict} (${result.reason})`.slice(0, 160));
    },
  };
}
