/** `cordon report` as a person meets it: two results in folders, and a page that is shown where there is a display. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkOf, cordonIn, type End } from "./cordon.fixture.ts";
import { resultWith } from "./result.fixture.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cordon-cli-report-"));
  for (const [name, ttdMs] of Object.entries({ a: 400, b: 1_300 })) {
    mkdirSync(join(folder, "out", name), { recursive: true });
    writeFileSync(join(folder, "out", name, "result.json"), JSON.stringify(resultWith(ttdMs)));
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

const cordonWith = (environment: NodeJS.ProcessEnv, ...words: readonly string[]): Promise<End> =>
  cordonIn(folder, words, { ...process.env, DISPLAY: "", WAYLAND_DISPLAY: "", ...environment });
const cordon = (...words: readonly string[]): Promise<End> => cordonWith({}, ...words);

describe("report compare", () => {
  test("takes folders and files, and ends with 4 when the later one broke what the earlier held", async () => {
    const { code, stdout, stderr } = await cordon("report", "compare", "out/a", join("out", "b", "result.json"));
    expect([code, stderr]).toEqual([4, "exit 4: B broke what A held\n"]);
    expect(stdout).toMatch(/^ time to detect +0\.4 s +1\.3 s +\+ 0\.9 s {2}BROKEN$/m);
    expect(await cordon("report", "compare", "out/b", "out/a")).toMatchObject({ code: 0 });
  });

  test("reads no file that is too long to be a result", async () => {
    truncateSync(join(folder, "out", "b", "result.json"), 16_777_217);
    const { code, stdout, stderr } = await cordon("report", "compare", "out/a", "out/b");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("is no result of a drill: it has more than 16777216 bytes");
  });

  test("prints JSON of the published form", async () => {
    const check = checkOf("compare");
    const { stdout } = await cordon("report", "compare", "out/a", "out/b", "--json");
    const value: unknown = JSON.parse(stdout);
    expect([check(value), check.errors]).toEqual([true, null]);
    expect(value).toMatchObject({ a: { name: "out/a" }, broke: ["ttd"], exitCode: 4 });
    expect(check({ ...(value as object), exitCode: "4" })).toBe(false);
  });

  test("reads no pipe, which might never end", async () => {
    execFileSync("mkfifo", [join(folder, "out", "pipe")]);
    const { code, stdout, stderr } = await cordon("report", "compare", "out/a", "out/pipe");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("out/pipe is no file");
  });

  test.each([
    ["that is not there", "out/c", "there is no out/c"],
    ["that is no JSON", "out/words", "out/words: "],
    ["that is no result", "out/other", "is no result of a drill"],
  ])("refuses a file %s", async (_, path, why) => {
    writeFileSync(join(folder, "out", "words"), "words");
    writeFileSync(join(folder, "out", "other"), "{}");
    const { code, stdout, stderr } = await cordon("report", "compare", "out/a", path);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(why);
  });
});

describe("report open", () => {
  const page = (name: string): string => join(folder, "out", name, "report.html");
  beforeEach(() => {
    writeFileSync(page("a"), "<!doctype html>");
    writeFileSync(page("b"), "<!doctype html>");
    utimesSync(page("b"), 1_000, 1_000);
  });

  test("tells where the page of a run is, of the newest when none is named", async () => {
    expect(await cordon("report", "open")).toMatchObject({ code: 0, stdout: `${page("a")}\n` });
    expect(await cordon("report", "open", "out/b")).toMatchObject({ code: 0, stdout: `${page("b")}\n` });
    expect(await cordon("report", "open", "out")).toMatchObject({ code: 2, stdout: "" });
  });

  // Where it runs, macOS opens with a program of another name.
  test.skipIf(process.platform === "darwin")("shows it where there is a display", async () => {
    const shown = join(folder, "shown");
    const opener = join(folder, "xdg-open");
    writeFileSync(opener, `#!/bin/sh\nprintf '%s' "$1" > '${shown}.part' && mv '${shown}.part' '${shown}'\n`);
    chmodSync(opener, 0o755);
    const PATH = `${folder}${delimiter}${process.env["PATH"] ?? ""}`;
    await cordonWith({ PATH }, "report", "open", "out/b");
    expect(existsSync(shown)).toBe(false);
    expect(await cordonWith({ PATH, DISPLAY: ":0" }, "report", "open", "out/b")).toMatchObject({ code: 0 });
    await expect.poll(() => existsSync(shown) && readFileSync(shown, "utf8"), { timeout: 10_000 }).toBe(page("b"));
  });
});
