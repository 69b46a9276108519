/**
 * Runs the benches of this folder, a process each and one after the other, so that none disturbs another's figures. A
 * bench is a file `NAME.bench.ts` that prints its own result; `pnpm bench [NAME ...] [--json] [--rounds N]` picks by name.
 * Each leads a process group of its own, which is killed when the bench has ended, however it did: a process whose event
 * loop a guard has stopped hears nobody, and would be a load under every figure after it. Interrupted, no further bench is
 * begun.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { glob } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

/** Of a bench that takes its own number of rounds; where a number was asked for, of each of them. */
const benchLimitMs = 300_000;
const suffix = ".bench.ts";
/** autocannon's retimer sets a timer that is over by a millisecond now and then, of which Node warns whoever reads the tables. */
const quiet = "--disable-warning=TimeoutNegativeWarning";

const codes = { SIGINT: 130, SIGTERM: 143 } as const;
let interruptedBy: keyof typeof codes | undefined;
let endBench = (): void => {};
for (const name of ["SIGINT", "SIGTERM"] as const)
  process.on(name, () => {
    interruptedBy ??= name;
    process.exitCode = codes[interruptedBy];
    endBench();
  });

const {
  positionals: wanted,
  tokens,
  values: { json = false, rounds },
} = parseArgs({
  args: process.argv.slice(2).filter((word) => word !== "--"),
  options: { json: { type: "boolean" }, rounds: { type: "string" } },
  allowPositionals: true,
  strict: false,
  tokens: true,
});
const options = [...(json ? ["--json"] : []), ...(rounds === undefined ? [] : ["--rounds", String(rounds)])];
const files = await Array.fromAsync(glob(`*${suffix}`, { cwd: import.meta.dirname }));
const names = files.map((file) => file.slice(0, -suffix.length)).toSorted();
const unread = tokens.flatMap((token) =>
  token.kind !== "option" || token.name === "rounds" || (token.name === "json" && token.value === undefined)
    ? []
    : [token.rawName],
);
const unknown = [...wanted.filter((word) => !names.includes(word)), ...unread];

if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(", ")}. There are: ${names.join(", ")}; and --json and --rounds N.`);
  process.exitCode = 2;
} else if (rounds !== undefined && !/^[1-9]\d?$/.test(String(rounds))) {
  console.error("--rounds takes a whole number from 1 to 99, as in --rounds 5");
  process.exitCode = 2;
} else {
  for (const name of names) if (wanted.length === 0 || wanted.includes(name)) await run(name);
}

async function run(name: string): Promise<void> {
  if (interruptedBy !== undefined) return;
  console.error(`bench ${name} ..`);
  const bench = spawn(process.execPath, [quiet, join(import.meta.dirname, `${name}${suffix}`), ...options], {
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
  });
  const ended = once(bench, "exit") as Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  const { pid } = bench;
  if (pid === undefined) return void (await ended);
  endBench = () => killGroup(pid);
  const limit = setTimeout(endBench, benchLimitMs * Number(rounds ?? 1));
  const [code, signal] = await ended;
  clearTimeout(limit);
  killGroup(pid);
  if (code === 0 || interruptedBy !== undefined) return;
  console.error(`bench ${name} ended with ${code ?? signal}`);
  process.exitCode = 1;
}

/** The bench and whatever it has started; what belongs to a lab is cleared away by the lab's guardian. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // nobody is left of it, which is what is wanted
  }
}
