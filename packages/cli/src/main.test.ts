/** The command as a person meets it: a process of its own, in an empty folder, told apart by what it says and how it ends. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkOf, cordonIn, type End } from "./cordon.fixture.ts";

const flagship = "2014-06-directory-partition";
let folder = "";
/** On the PATH, a `cordon` that nobody starts: then a command to try is told by that name, as long as the name is. */
let bin = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cordon-cli-"));
  bin = mkdtempSync(join(tmpdir(), "cordon-bin-"));
  writeFileSync(join(bin, "cordon"), "");
});
afterAll(() => {
  for (const made of [folder, bin]) rmSync(made, { recursive: true });
});

/** `last`: the last line on stderr. */
async function cordon(...words: readonly string[]): Promise<End & { readonly last: string }> {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` };
  const end = await cordonIn(folder, words, env);
  return { ...end, last: end.stderr.trimEnd().split("\n").at(-1) ?? "" };
}

const columnsOf = (text: string): number => Math.max(...text.split("\n").map(({ length }) => length));

describe("a mistake", () => {
  const usage = "exit 2: usage or configuration";

  test.each<[string, readonly string[], string]>([
    ["an unknown command", ["isolat", "p1"], "did you mean isolate?"],
    ["an unknown drill", ["drill", "run", "2014-06-directory-partitoin"], `did you mean '${flagship}'?`],
    ["an unknown word after drill", ["drill", "lst"], "did you mean 'list'?"],
    ["no drill", ["drill", "run"], "missing required argument 'id'"],
    ["an unknown variant", ["drill", flagship, "--variant", "verify"], "did you mean 'verify-only'?"],
    ["an unknown profile", ["drill", flagship, "--profile", "quik"], "did you mean 'quick'?"],
    ["an unknown side", ["drill", flagship, "--sides", "of,on"], "did you mean 'off'?"],
    ["one side twice", ["drill", flagship, "--sides", "on,on"], "name one side, or two different ones"],
    ["an unknown protection", ["drill", flagship, "--off", "lane"], "did you mean 'lanes'?"],
    ["two sides in one hand", ["drill", flagship, "--hands-on", "--sides", "on"], "leave --sides out"],
    ["a plan of what is hidden", ["drill", flagship, "--hands-on", "--dry-run"], "leave one of them out"],
    ["an unknown step", ["drill", flagship, "--pause-before", "falt"], "did you mean 'fault'?"],
    ["a condition that is none", ["drill", flagship, "--abort-when", "hurt>20"], "give hurt>20%"],
    ["a webhook that is no URL", ["drill", flagship, "--webhook", "ftp://x"], "begins with http://"],
    ["nobody who waits", ["drill", "resume"], "no drill waits in this folder"],
    ["an unknown setting", ["drill", flagship, "--set", "partition=4"], "did you mean 'partitions'?"],
    ["a setting out of bounds", ["drill", flagship, "--set", "partitions=2"], "a whole number from 3 to 64"],
    ["an unknown store", ["drill", flagship, "--store", "reddis"], "did you mean 'redis'?"],
    ["a seed no folder could be named by", ["drill", flagship, "--seed", "../x"], "letters, digits"],
    ["a time to be ready in", ["drill", flagship, "--ready-within", "2d"], "give a time from 1 s to 10 min"],
    ["no count of runs", ["drill", "repeat", flagship, "-n", "some"], "give a whole number from 1 to 1000"],
    ["no lab to work on", ["isolate", "p3"], "no lab is running"],
    ["a folder without a lab", ["rejoin", "p3", "--lab", "nowhere"], "not the folder of a running lab"],
  ])("of %s is refused with what would have been right", async (_, words, right) => {
    const { code, stdout, stderr, last } = await cordon(...words);
    expect({ code, stdout, last }).toEqual({ code: 2, stdout: "", last: usage });
    expect(stderr.toLowerCase()).toContain(right.toLowerCase());
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test.each(["--hands-off", "--retries"])("of an option there is not, %s, is refused", async (word) => {
    const { code, stderr, last } = await cordon("drill", "run", flagship, word);
    expect([code, last]).toEqual([2, usage]);
    expect(stderr).toContain(`unknown option '${word}'`);
  });

  test("of a place nothing can be written to is refused before anything is started", async () => {
    writeFileSync(join(folder, "taken"), "");
    const { code, stderr, last } = await cordon("drill", flagship, "--out", join("taken", "out"));
    expect([code, last]).toEqual([2, usage]);
    expect(stderr).toContain("give --out DIR");
    expect(existsSync(join(folder, ".cordon"))).toBe(false);
  });
});

describe("help", () => {
  test("is what cordon alone prints, and no mistake", async () => {
    const { code, stdout, stderr } = await cordon();
    expect([code, stderr]).toEqual([0, "exit 0: ok\n"]);
    for (const word of ["drill", "isolate", "rejoin", "failover", "doctor"]) expect(stdout).toContain(`  ${word}`);
  });

  test.each([
    "--help",
    "drill --help",
    "drill run --help",
    "drill repeat --help",
    "drill list --help",
    "drill show --help",
    "isolate --help",
    "rejoin --help",
    "failover --help",
    "doctor --help",
  ])("of %s fits 80 columns", async (words) => {
    const { code, stdout, last } = await cordon(...words.split(" "));
    expect([code, last]).toEqual([0, "exit 0: ok"]);
    expect(stdout).toContain("Usage: cordon");
    expect(columnsOf(stdout)).toBeLessThanOrEqual(80);
  });
});

describe("what there is", () => {
  test.each<[string, readonly string[]]>([
    ["drill-list", ["list"]],
    ["drill-show", ["show", flagship]],
  ])("is told by %s, for a person and as its schema says", async (name, words) => {
    const text = await cordon("drill", ...words);
    const json = await cordon("drill", ...words, "--json");
    expect([text.code, json.code, json.stderr]).toEqual([0, 0, "exit 0: ok\n"]);
    expect(text.stdout).toContain(flagship);
    expect(text.stdout).toContain("intermittent");
    expect(columnsOf(text.stdout)).toBeLessThanOrEqual(80);
    const check = checkOf(name);
    const value: unknown = JSON.parse(json.stdout);
    expect([check(value), check.errors]).toEqual([true, null]);
    expect(check({ schema: `cordon.${name}/1` })).toBe(false);
  });
});

describe("a drill without a word", () => {
  test("is the list, with what to try next", async () => {
    const [alone, list] = await Promise.all([cordon("drill"), cordon("drill", "list")]);
    expect(alone).toEqual(list);
    expect(alone.stdout.trimEnd().split("\n").at(-1)).toBe(`next     cordon drill show ${flagship}`);
  });
});

test("a drill is shown with what each limit is held to, in the words of its report", async () => {
  const { stdout } = await cordon("drill", "show", flagship);
  expect(stdout).toMatch(/^ +users hurt outside the failed partition +<= 0\.1 % +harm$/m);
  expect(stdout).toMatch(/^ +sign-ins served in time, failed partition +>= 99\.5 % +harm$/m);
});

test("the command that a report names has only options that there are", async () => {
  const source = readFileSync(new URL("../../drill/src/report/sides.ts", import.meta.url), "utf8");
  const named = new Set(source.match(/(?<=[` ])--[a-z]+(?= \$\{)/g));
  const { stdout } = await cordon("drill", "run", "--help");
  expect([...named]).toContain("--seed");
  expect([...named].filter((option) => !stdout.includes(`  ${option} `))).toEqual([]);
});

describe("doctor", () => {
  test("finds nothing in an empty folder, and leaves it empty", async () => {
    const { code, stdout, last } = await cordon("doctor");
    expect([code, last]).toEqual([0, "exit 0: ok"]);
    expect(stdout).toContain("nothing is left of any run here");
    expect(existsSync(join(folder, ".cordon"))).toBe(false);
  });

  test("says the same as JSON", async () => {
    const { stdout } = await cordon("doctor", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ findings: [], clean: true });
  });
});

test("Ctrl-C while the command is only being loaded ends it as any other", async () => {
  // The signal comes with the first sight of a module that most of the command stands before.
  const hook = `import { registerHooks } from "node:module";
    registerHooks({ load(url, context, next) {
      if (url.endsWith("/cli/src/up.ts")) process.kill(process.pid, "SIGINT");
      return next(url, context);
    } });`;
  const file = join(folder, "hook.mjs");
  writeFileSync(file, hook);
  const env = { ...process.env, NODE_OPTIONS: `--import ${file}` };
  expect(await cordonIn(folder, ["up", "--partitions", "1"], env)).toEqual({
    code: 130,
    stdout: "",
    stderr: expect.stringMatching(/exit 130: interrupted by SIGINT, everything rolled back\n$/) as string,
  });
});

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const fullDisk = "/dev/full";

// Without the device there is nothing to write to that is full.
test.skipIf(!existsSync(fullDisk)).each([[["drill", "list"]], [["doctor", "--json"]], [["--version"]]])(
  "a result that a full disk does not take is not exit 0: %j (needs /dev/full)",
  (words) => {
    const full = openSync(fullDisk, "w");
    const { status, stderr } = spawnSync(process.execPath, [program, ...words], {
      cwd: folder,
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    closeSync(full);
    expect([status, stderr]).toEqual([
      1,
      "stdout did not take all that was to be written there (ENOSPC): give it a place that does\n" +
        "exit 1: what was asked for could not be written\n",
    ]);
  },
);

test("a reader that has gone away is content", async () => {
  const child = spawn(process.execPath, [program, "drill", "list"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  await once(child, "close");
  expect([child.exitCode, said]).toEqual([0, "exit 0: ok\n"]);
});

test("in a folder that is gone there is a line and exit 2", () => {
  const gone = join(folder, "gone");
  mkdirSync(gone);
  const script = `rmdir "$1"; exec "$2" "$3" status`;
  const words = ["-c", script, "sh", gone, process.execPath, program];
  const { status, stderr } = spawnSync("/bin/sh", words, { cwd: gone, encoding: "utf8" });
  expect([status, stderr]).toEqual([
    2,
    "the folder you stand in is gone: change to one that is there, and try again\nexit 2: usage or configuration\n",
  ]);
});

describe("up, where a lab cannot write,", () => {
  const preflight = "exit 3: preflight failed, nothing injected\n";

  test("names a TMPDIR that is not there, and starts nothing", async () => {
    const missing = join(folder, "missing");
    const { code, stderr } = await cordonIn(folder, ["up"], { ...process.env, TMPDIR: missing });
    expect([code, stderr]).toEqual([
      3,
      `temp: nothing can be written to ${missing} (ENOENT): set TMPDIR to a folder that takes files and unix sockets\n${preflight}`,
    ]);
    expect(existsSync(join(folder, ".cordon"))).toBe(false);
  });

  test("names the folder that takes no files", async () => {
    const place = mkdtempSync(join(tmpdir(), "cordon-cli-"));
    // Who may write anywhere cannot make a folder below a file either.
    writeFileSync(join(place, ".cordon"), "");
    const { code, stderr } = await cordonIn(place, ["up"]);
    rmSync(place, { recursive: true });
    expect([code, stderr]).toEqual([
      3,
      `nothing can be written to ${place} (ENOTDIR): stand in a folder that takes files\n${preflight}`,
    ]);
  });
});
