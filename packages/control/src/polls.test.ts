import { expect, test } from "vitest";
import { createPolls } from "./polls.ts";

const never = new AbortController().signal;
const hourMs = 3_600_000;

test("a change of one feed ends the polls of that feed alone", async () => {
  const polls = createPolls(4);
  const map = polls.hold("map", hourMs, never);
  const operator = polls.hold("operator", hourMs, never);
  polls.wake("map");
  await map;
  expect(polls.waiting()).toBe(1);
  polls.close();
  await operator;
  expect(polls.waiting()).toBe(0);
});

test("one more than may wait is not held, and a place that is given up can be taken again", async () => {
  const polls = createPolls(1);
  const leaving = new AbortController();
  const first = polls.hold("map", hourMs, leaving.signal);
  expect(polls.hold("operator", hourMs, never)).toBeUndefined();
  leaving.abort();
  await first;
  const second = polls.hold("operator", 1, never);
  await second;
  expect(polls.waiting()).toBe(0);
});

test("a client that has left already does not wait", async () => {
  const polls = createPolls(1);
  await polls.hold("map", hourMs, AbortSignal.abort());
  expect(polls.waiting()).toBe(0);
});
