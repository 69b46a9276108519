import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { awaitResume, isPaused, resume } from "./pause.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cordon-pause-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const never = new AbortController().signal;

test("a lab waits until somebody in another process lets it go on", async () => {
  let isOver = false;
  const told = Promise.withResolvers<void>();
  const waiting = awaitResume(dir, 60_000, () => told.resolve(), never).then(() => (isOver = true));
  await told.promise;
  expect([isPaused(dir), isOver]).toEqual([true, false]);
  resume(dir);
  expect(await waiting).toBe(true);
  expect(isPaused(dir)).toBe(false);
});

test("the word given by the one who was told is as good", async () => {
  await awaitResume(dir, 60_000, (goOn) => goOn(), never);
  expect(isPaused(dir)).toBe(false);
});

test("a wait that nobody ends is given up in words", async () => {
  await expect(awaitResume(dir, 1, () => {}, never)).rejects.toMatchObject({
    name: "SideStopped",
    message: expect.stringContaining("nothing was broken") as string,
  });
});

test("a wait that is cut short ends with why", async () => {
  const cut = new AbortController();
  const waiting = awaitResume(dir, 60_000, () => cut.abort(), cut.signal);
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
});
