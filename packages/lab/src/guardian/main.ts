/**
 * The guardian of a run: `node main.ts --dir DIR --run ID`. It outlives the runner and leaves nothing of the run behind.
 * It runs in a session of its own and ignores INT and HUP, so that no key pressed at a terminal reaches it; its stdin is
 * a pipe from the runner, whose end means that the runner is done or dead, however it died. Then, or on TERM, it sweeps
 * the run, writes one line about it, and ends. Until then it does nothing at all.
 * What kills it does not undo the run: the runner sees that and sweeps by itself, and after the death of both
 * `cordon doctor` does.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { openJournal } from "../journal.ts";
import { guardianFile, journalFile } from "../paths.ts";
import { sweepRun, sweepWithinMs } from "../sweep.ts";

const { dir, run } = words();
if (dir === undefined || run === undefined) {
  process.stderr.write("usage: --dir DIR --run ID\n");
  process.exit(2);
}

process.on("SIGINT", () => {});
process.on("SIGHUP", () => {});
await new Promise<void>((resolve) => {
  process.once("SIGTERM", resolve);
  // A pipe whose other end has gone says `end` or, when it broke, `error`; both mean the same here.
  process.stdin.once("end", resolve).once("error", resolve).once("close", resolve).resume();
});

const report = await sweepRun(dir, run, { withinMs: sweepWithinMs, spare: [process.pid] });
if (report.left.length === 0) openJournal(journalFile(dir)).closed();
writeFileSync(guardianFile(dir), `${JSON.stringify(report)}\n`);
process.exit(0);

function words(): { readonly dir?: string | undefined; readonly run?: string | undefined } {
  try {
    return parseArgs({ options: { dir: { type: "string" }, run: { type: "string" } } }).values;
  } catch {
    // A word that it does not know is no call of a runner's.
    return {};
  }
}
