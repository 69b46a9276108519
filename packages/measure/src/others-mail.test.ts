/** How long the others' mail was held up, on the recorded run of both sides. */
import { expect, test } from "vitest";
import { drill, offHistory, onHistory } from "./history.fixture.ts";
import { othersMailAgainMs } from "./others-mail.ts";

test("mail of the others that was never overdue was held up for no time at all", () => {
  expect(othersMailAgainMs(onHistory(), drill)).toBe(0);
});

test("the last overdue mail of the others says how long it was: fifteen seconds of fault and three of draining", () => {
  expect(othersMailAgainMs(offHistory(), drill)).toBe(18_000);
});

test("mail of the others that waits still at the end has no such time", () => {
  const isKept = offHistory().filter((record) => record.type !== "maildir" || !record.mailbox.endsWith("@t1.example"));
  expect(othersMailAgainMs(isKept, drill)).toBeNull();
});

test("mail of the failed partition is not the others'", () => {
  const isKept = onHistory().filter((record) => record.type !== "maildir" || !record.mailbox.endsWith("@t3.example"));
  expect(othersMailAgainMs(isKept, drill)).toBe(0);
});
