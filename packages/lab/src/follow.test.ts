import { appendFileSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Event } from "@cordon/model";
import { followEvents } from "./follow.ts";
import { until, workingDirectory } from "./testing.fixture.ts";

const event = (source: string, at: number): Event => ({ at, source, kind: "process-ready", detail: "it serves" });
const lineOf = (one: Event): string => `${JSON.stringify(one)}\n`;

test("each event is handed over once, those from before and those that come", async () => {
  await using place = workingDirectory();
  const file = join(place.root, "auth.ndjson");
  appendFileSync(file, lineOf(event("auth", 1)));
  const seen: Event[] = [];
  const stop = followEvents(place.root, (one) => seen.push(one));
  expect(seen).toEqual([event("auth", 1)]);
  appendFileSync(file, lineOf(event("auth", 2)));
  appendFileSync(join(place.root, "mail.ndjson"), lineOf(event("mail", 3)));
  await until("both have come", () => seen.length === 3);
  stop();
  expect(seen.toSorted((a, b) => a.at - b.at)).toEqual([event("auth", 1), event("auth", 2), event("mail", 3)]);
});

test("a line is waited for until it is whole, and what is no event is passed over", async () => {
  await using place = workingDirectory();
  const file = join(place.root, "auth.ndjson");
  const line = lineOf(event("auth", 1));
  appendFileSync(file, `rubbish\n{"kind":"unheard-of"}\n${line.slice(0, 20)}`);
  const seen: Event[] = [];
  const stop = followEvents(place.root, (one) => seen.push(one));
  expect(seen).toEqual([]);
  appendFileSync(file, line.slice(20));
  stop();
  expect(seen).toEqual([event("auth", 1)]);
});

test("what was written before the end is handed over at the end, and nothing after it", async () => {
  await using place = workingDirectory();
  const file = join(place.root, "auth.ndjson");
  const seen: Event[] = [];
  const stop = followEvents(place.root, (one) => seen.push(one));
  appendFileSync(file, lineOf(event("auth", 1)));
  stop();
  appendFileSync(file, lineOf(event("auth", 2)));
  stop();
  expect(seen).toEqual([event("auth", 1)]);
});

test("a folder that was removed has no more events and does no harm", async () => {
  await using place = workingDirectory();
  const stop = followEvents(place.root, () => {});
  rmSync(place.root, { recursive: true });
  expect(stop).not.toThrow();
});

test("a file that cannot be opened keeps nobody from the others, and is read once it can be", async () => {
  await using place = workingDirectory();
  const elsewhere = join(place.root, "elsewhere");
  symlinkSync(elsewhere, join(place.root, "auth.ndjson"));
  appendFileSync(join(place.root, "mail.ndjson"), lineOf(event("mail", 1)));
  const seen: Event[] = [];
  const stop = followEvents(place.root, (one) => seen.push(one));
  expect(seen).toEqual([event("mail", 1)]);
  appendFileSync(elsewhere, lineOf(event("auth", 2)));
  await until("it has come", () => seen.length === 2);
  stop();
  expect(seen).toEqual([event("mail", 1), event("auth", 2)]);
});

test("what is no file at all ends nobody", async () => {
  await using place = workingDirectory();
  mkdirSync(join(place.root, "auth.ndjson"));
  const stop = followEvents(place.root, () => {});
  expect(stop).not.toThrow();
});
