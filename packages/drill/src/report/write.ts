/** Puts the reports of a run beside its result.json. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DrillSpec, SideRun } from "@cordon/measure";
import type { Result } from "@cordon/model";
import { makeFolder } from "@cordon/runtime";
import type { Drill } from "../drill.ts";
import { faultJournal, type WallClock } from "./fault-journal.ts";
import { htmlReport } from "./html.ts";
import { markdownReport } from "./markdown.ts";

/** Writes report.md and report.html into `out`; answers the path of the page. `call`: the words `cordon` is called by here. */
export function writeReports(
  out: string,
  drill: Drill,
  result: Result,
  runs: readonly SideRun[],
  spec: DrillSpec,
  call: string,
): string {
  makeFolder(out);
  writeFileSync(join(out, "report.md"), markdownReport(drill, result, runs, spec, call));
  const page = join(out, "report.html");
  writeFileSync(page, htmlReport(drill, result, runs, spec, call));
  return page;
}

/** Writes journal.json, for tools that read Chaos Toolkit's, into `out`. */
export function writeJournal(
  out: string,
  drill: Drill,
  result: Result,
  runs: readonly SideRun[],
  wall: WallClock,
): void {
  makeFolder(out);
  writeFileSync(join(out, "journal.json"), `${JSON.stringify(faultJournal(drill, result, runs, wall), null, 2)}\n`);
}
