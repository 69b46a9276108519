/**
 * `cordon report ..`: what is done with results that are there already. `compare` reads two, `open` shows the page of one.
 * Nothing is started and nothing is changed.
 */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { compareResults, compareText, type Named } from "@cordon/drill";
import { exitCodes } from "@cordon/measure";
import { ResultSchema } from "@cordon/model";
import { Compile } from "typebox/compile";
import { endings, Refusal, type Ending } from "./exit.ts";
import { toStdout } from "./say.ts";

/** Adds `report` and what is below it. Each action tells `end` how the command ended. */
export function addReportCommands(program: Command, end: (ending: Ending) => void): void {
  const report = program.command("report").description("compare the results of drills, and open their reports");
  report
    .command("compare <a> <b>")
    .description("what B did better and worse than A; each is a result.json, or its folder")
    .option("--json", "as JSON")
    .action((a: string, b: string, flags: { json?: boolean }) => end(compare(a, b, flags.json === true)));
  report
    .command("open [dir]")
    .description("show the page of a run, the newest under out/ when none is named")
    .action((dir: string | undefined) => end(open(dir)));
}

function compare(a: string, b: string, json: boolean): Ending {
  const [one, other] = [readResult(a), readResult(b)];
  const compared = compareResults(one, other);
  if (compared.kind === "incomparable")
    throw new Refusal(`these cannot be compared: ${compared.reason}`, endings.usage);
  const { comparison } = compared;
  const about = ({ name, result: { verdict, drill, variant, seed, profile, store, startedAt } }: Named) => ({
    name,
    verdict,
    drill,
    variant,
    seed,
    profile,
    store,
    startedAt,
  });
  toStdout(
    json
      ? JSON.stringify({ schema: "cordon.compare/1", a: about(one), b: about(other), ...comparison })
      : compareText(one, other, comparison),
  );
  return { code: comparison.exitCode, word: words[comparison.exitCode] ?? "ok" };
}

const words: Readonly<Record<number, string>> = {
  [exitCodes.held]: "nothing that A held is broken",
  [exitCodes.refuted]: "B broke what A held",
  [exitCodes.invalid]: "one of them proves nothing",
  [exitCodes.invariant]: "B broke an invariant",
};

const check = Compile(ResultSchema);
/** Some hundred times what a long run takes. */
const mostResultBytes = 16_777_216;

/** A result from its file, or from the folder it is in. Throws a Refusal that says what is wrong with it. */
function readResult(path: string): Named {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, "result.json") : path;
  if (!existsSync(file)) throw new Refusal(`there is no ${file}; name a result.json, or its folder`, endings.usage);
  const stat = statSync(file);
  // A pipe or a device may have nothing to read, or no end.
  if (!stat.isFile()) throw new Refusal(`${file} is no file; name a result.json, or its folder`, endings.usage);
  const { size } = stat;
  if (size > mostResultBytes)
    throw new Refusal(`${file} is no result of a drill: it has more than ${mostResultBytes} bytes`, endings.usage);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Refusal(`${file}: ${error instanceof Error ? error.message : String(error)}`, endings.usage);
  }
  if (check.Check(value)) return { name: path, result: value };
  const [first] = check.Errors(value);
  throw new Refusal(
    `${file} is no result of a drill (cordon.drill/1): ${first?.instancePath ?? ""} ${first?.message ?? ""}`,
    endings.usage,
  );
}

function open(dir: string | undefined): Ending {
  const page = dir === undefined ? newestPage() : pageIn(dir);
  toStdout(resolve(page));
  const opener = openerHere();
  if (opener !== undefined)
    spawn(opener, [resolve(page)], { detached: true, stdio: "ignore" })
      // The path was told: whoever has no program for it opens it by hand.
      .on("error", () => {})
      .unref();
  return endings.ok;
}

/** The program that opens a file as the desktop would; undefined where nobody could see it. */
function openerHere(): string | undefined {
  if (process.platform === "darwin") return "open";
  const { DISPLAY: x, WAYLAND_DISPLAY: wayland } = process.env;
  return (x ?? "") === "" && (wayland ?? "") === "" ? undefined : "xdg-open";
}

function pageIn(dir: string): string {
  const page = join(dir, "report.html");
  if (!existsSync(page)) throw new Refusal(`there is no ${page}; name the folder of a run`, endings.usage);
  return page;
}

function newestPage(): string {
  const pages = (existsSync("out") ? readdirSync("out") : [])
    .map((name) => join("out", name, "report.html"))
    .filter((page) => existsSync(page))
    .map((page) => ({ page, writtenAt: statSync(page).mtimeMs }))
    .toSorted((one, other) => other.writtenAt - one.writtenAt);
  const [newest] = pages;
  if (newest === undefined)
    throw new Refusal("there is no report under out/ here; name the folder of a run", endings.usage);
  return newest.page;
}
