/**
 * One of two processes that want the same runs: at each round's moment it makes room for the run, as a drill does, and
 * tries to make its folder. It says for each round whether it got it. `ROOT ROUNDS BEGIN EVERY`: milliseconds of the wall clock.
 */
import { rmSync } from "node:fs";
import { makeRunFolder, removeClosedRun } from "./run-folder.ts";

const [root = "", rounds = "0", begin = "0", every = "0"] = process.argv.slice(2);

const got = Array.from({ length: Number(rounds) }, (_, round) => {
  // Waiting in a loop is the only way to be there in the same instant.
  while (Date.now() < Number(begin) + round * Number(every));
  removeClosedRun(root, `round-${round}`);
  try {
    rmSync(makeRunFolder(root, `round-${round}`).socketDir, { recursive: true });
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes("is there already")) return false;
    throw error;
  }
});
process.stdout.write(`${process.pid} ${JSON.stringify(got)}\n`);
// Both stay until both are done: a run whose runner is gone is another story.
process.stdin.resume();
