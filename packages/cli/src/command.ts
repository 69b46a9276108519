/**
 * The `cordon` command, from its words to its exit. Results go to stdout, progress to stderr, and the last line on stderr
 * names the exit code. A mistake of the user is a message and exit 2; a mistake of ours is one line that says where the
 * details are. Invariant: a command whose result was not written does not end with 0.
 */
import { CommanderError } from "commander";
import { ConfigError } from "@cordon/runtime";
import { called, spelled } from "./called.ts";
import { endings, Refusal, type Ending } from "./exit.ts";
import { createProgram } from "./program.ts";
import { watchWrites } from "./say.ts";

const unwritten = watchWrites();
let ending: Ending = endings.ok;

const program = createProgram((how) => {
  ending = how;
});

try {
  // Without a word there is nothing wrong to refuse: whoever asks nothing is told what can be asked.
  const [first, ...others] = process.argv.slice(2);
  if (first === undefined) program.outputHelp();
  else if (first === "drill" && others.length === 0) await program.parseAsync(["drill", "list"], { from: "user" });
  else await program.parseAsync();
} catch (error) {
  ending = endingOf(error);
}
const why = await unwritten();
if (why !== undefined && ending !== endings.unsaid) {
  process.stderr.write(`stdout did not take all that was to be written there (${why}): give it a place that does\n`);
  // A verdict stands, however little of it could be read.
  if (ending.code === 0) ending = endings.unsaid;
}
process.stderr.write(`exit ${ending.code}: ${ending.word}\n`);
// Whatever still hangs (a kept connection, a watched file) must not keep a finished command waiting.
process.exit(ending.code);

function endingOf(error: unknown): Ending {
  if (error instanceof CommanderError) return error.exitCode === 0 ? endings.ok : endings.usage;
  if (error instanceof Refusal) {
    process.stderr.write(`${spelled(error.message, called)}\n`);
    return error.ending;
  }
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    return endings.usage;
  }
  const detail = process.env["CORDON_DEBUG"] === undefined ? "" : `\n${error instanceof Error ? error.stack : ""}`;
  process.stderr.write(
    `cordon: ${spelled(error instanceof Error ? error.message : String(error), called)} (CORDON_DEBUG=1 shows where)${detail}\n`,
  );
  return endings.internal;
}
