/**
 * Every command of `cordon`, in one tree, without running any: main.ts runs it, and whoever wants to know what words,
 * options and forms there are reads it.
 */
import { Command } from "commander";
import { called, spelled } from "./called.ts";
import { addDrillCommands } from "./drill-commands.ts";
import type { Ending } from "./exit.ts";
import { identity } from "./identity.ts";
import { addLabCommands } from "./lab-commands.ts";
import { addLearnCommands } from "./learn-commands.ts";
import { addLoadCommands } from "./load.ts";
import { addReportCommands } from "./report-commands.ts";

/** The tree of commands. Each action tells `end` how its command ended. */
export function createProgram(end: (ending: Ending) => void): Command {
  const program = new Command("cordon")
    .description(
      "A partitioned directory, an auth front end and a mail service that survive\none another, and the drills that prove it.",
    )
    .version(identity().version)
    .exitOverride()
    .configureHelp({ helpWidth: 80 })
    .showHelpAfterError(spelled("(cordon --help lists the commands)", called));
  addDrillCommands(program, end);
  addLabCommands(program, end);
  addLearnCommands(program, end);
  addLoadCommands(program, end);
  addReportCommands(program, end);
  return program;
}
