/**
 * Where the `cordon` command begins: a signal is heard before anything else is read, as a person may press Ctrl-C while
 * the rest is loaded, which takes a busy machine seconds. Then nothing was begun, and the last line says the code as ever.
 * A command that has something to end in order hears the signals from then on (exit.ts). Compiled code is kept between
 * commands, where the labs keep that of theirs: loading is most of what a short one does.
 */
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { endings, listenForSignals } from "./exit.ts";
import { toStderr } from "./say.ts";

listenForSignals();
enableCompileCache(fileURLToPath(new URL("../../../node_modules/.cache/cordon-compile", import.meta.url)));
if (standsSomewhere()) await import("./command.ts");
else {
  // Half of what a command is made of asks where it stands while it is loaded.
  toStderr("the folder you stand in is gone: change to one that is there, and try again");
  toStderr(`exit ${endings.usage.code}: ${endings.usage.word}`);
  process.exitCode = endings.usage.code;
}

function standsSomewhere(): boolean {
  try {
    process.cwd();
    return true;
  } catch {
    return false;
  }
}
