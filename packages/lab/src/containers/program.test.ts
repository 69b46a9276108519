/** The programs of one-off containers, run as a container runs them: what is wrong is a line, and no stack. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** None of them waits for anything here. */
const endsWithinMs = 30_000;

const runIn = (program: "prepare" | "fill", ...args: readonly string[]) => {
  const file = fileURLToPath(new URL(`./${program}.ts`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
    encoding: "utf8",
    timeout: endsWithinMs,
  });
  return { status, stdout, stderr };
};

const told = (text: string) => {
  const folder = mkdtempSync(join(tmpdir(), "cordon-program-"));
  const file = join(folder, "told.yaml");
  writeFileSync(file, text);
  return { file, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
};

test.each([
  ["prepare", "plan"],
  ["fill", "config"],
] as const)("%s says what it takes when it is told something else", (program, option) => {
  const usage = { status: 2, stdout: "", stderr: `${program}:1:1 give --${option} FILE\n` };
  expect(runIn(program)).toEqual(usage);
  expect(runIn(program, "--nonsense")).toEqual(usage);
  expect(runIn(program, `--${option}`)).toEqual(usage);
});

test.each([
  ["below a file", (file: string) => `${file}/lab`],
  ["where the system makes none", () => "/proc/lab"],
])("a folder that cannot be made, %s, is a line and exit 1", (_, dirIn) => {
  using plan = told("");
  const size = "partitions: 3\nroleInstances: 1\nusers: 24\noff: []\nseed: s\n";
  writeFileSync(plan.file, `dir: ${dirIn(plan.file)}\n${size}`);
  const { status, stderr } = runIn("prepare", "--plan", plan.file);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^prepare: E[A-Z]+: .*\n$/);
});

test("a partition that nobody answers for has no users, and the fill ends with 1", () => {
  // On port 1 nobody listens, and fetch would not ask there.
  using config = told(
    `token: ${"t".repeat(16)}\nusers: 8\nwriters: [{ partition: p1, service: "http://127.0.0.1:1" }]\n`,
  );
  const { status, stdout, stderr } = runIn("fill", "--config", config.file);
  expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
  expect(stdout).toMatch(/^p1 has 0 of \d+ users and aliases \(no answer that could be read\)\n$/);
});
