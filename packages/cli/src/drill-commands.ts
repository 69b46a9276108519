/**
 * `cordon drill ..`: the words and options there are. What was asked for is checked in run-options.ts; drill-run.ts has what
 * is run and printed, and what runs is @cordon/drill's matter.
 */
import type { Command } from "commander";
import { haltDrills, type HaltedDrill } from "@cordon/drill";
import { protectionIds } from "@cordon/model";
import { addAblateCommand } from "./ablate.ts";
import { listJson, listText, showJson, showText } from "./describe.ts";
import { repeat, run, runAll } from "./drill-run.ts";
import { addResumeCommand, gameDayOptions } from "./game-day.ts";
import { endings, notEnded, type Ending } from "./exit.ts";
import { wrapped } from "./layout.ts";
import { findDrill, setOption, usualReadyWithin, type RunFlags } from "./run-options.ts";
import { toStdout } from "./say.ts";

/** Adds `drill` and what is below it. Each action tells `end` how the command ended. */
export function addDrillCommands(program: Command, end: (ending: Ending) => void): void {
  const drill = program
    .command("drill")
    .description("run, repeat, ablate, halt, list and show drills; drill ID is short for drill run ID");
  const runs = drill.command("run <id>", { isDefault: true }).description("run a drill and print its verdict");
  gameDayOptions(runOptions(variantOption(runs)))
    .option("--json", "print result.json on stdout, and nothing else")
    .action(async (id: string, flags: RunFlags) => end(await run(id, flags)));
  runOptions(drill.command("all").description("run every drill there is, one after the other"))
    .option("--json", "print all results as JSON on stdout, and nothing else")
    .action(async (flags: RunFlags) => end(await runAll(flags)));
  runOptions(
    variantOption(drill.command("repeat <id>").description("run a drill again and again; is the verdict the same?")),
  )
    .option("-n, --times <count>", "how often", "20")
    .option("--json", "print the outcomes and spreads as JSON on stdout, and nothing else")
    .action(async (id: string, flags: RunFlags & { times: string }) => end(await repeat(id, flags)));
  addAblateCommand(drill, end);
  drill
    .command("halt")
    .description("end the drill that runs in this folder; everything is rolled back")
    .option("--json", "as JSON")
    .action(async (flags: { json?: boolean }) => end(await halt(flags.json === true)));
  drill
    .command("list")
    .description("the drills there are")
    .option("--json", "as JSON")
    .action((flags: { json?: boolean }) => {
      toStdout(flags.json ? listJson() : listText());
      end(endings.ok);
    });
  drill
    .command("show <id>")
    .description("a drill's incident, variants and limits")
    .option("--json", "as JSON")
    .action((id: string, flags: { json?: boolean }) => {
      const found = findDrill(id);
      toStdout(flags.json ? showJson(found) : showText(found));
      end(endings.ok);
    });
  addResumeCommand(drill, end);
}

const variantOption = (command: Command): Command =>
  command.option("--variant <name>", "which variant (see: cordon drill show ID)");

function runOptions(command: Command): Command {
  return command
    .option("--profile <name>", "quick or full", "quick")
    .option("--sides <presets>", "sides to run, comma-separated: the baseline, then the candidate", "off,on")
    .option("--off <protections>", `take these away from the candidate, comma-separated: ${protectionIds.join(", ")}`)
    .addOption(setOption())
    .option("--store <kind>", "what the partitions' records are in: lmdb, or redis (a server each)", "lmdb")
    .option("--seed <text>", "what chance depends on; the same seed gives the same schedule (default: a new one)")
    .option("--out <dir>", "where the result is written (default: out/ID-SEED, and what is unusual in between)")
    .option(
      "--ready-within <time>",
      "a lab that takes longer to start has failed, as on a busy machine",
      usualReadyWithin,
    )
    .option("--junit <file>", "write the limits as JUnit's XML too, a case each")
    .option("--dry-run", "say what would be done, and start nothing");
}

async function halt(json: boolean): Promise<Ending> {
  const halted = await haltDrills(process.cwd());
  toStdout(json ? JSON.stringify({ schema: "cordon.halt/1", halted }) : haltText(halted));
  const left = halted.flatMap((one) => one.left);
  if (left.length > 0) throw notEnded(left);
  return endings.ok;
}

const haltText = (halted: readonly HaltedDrill[]): string =>
  halted.length === 0
    ? "no drill is running here"
    : halted
        .map(({ runId, how }) =>
          wrapped(
            `${runId}: `,
            how === "asked"
              ? "halted, everything rolled back; its result says what was known by then"
              : "its runner did not answer and was killed; everything rolled back, no result",
          ),
        )
        .join("\n");
