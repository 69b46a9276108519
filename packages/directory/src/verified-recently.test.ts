import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createVerifiedRecently } from "./verified-recently.ts";

const credential = { address: "u@a.example", password: "correct horse", credentialEpoch: 3 };
const clockAt = (start: number) => {
  const clock = { at: start, now: () => clock.at, wall: () => 0 };
  return clock;
};

test("a credential is known for its time and no longer", () => {
  const clock = clockAt(1000);
  const recently = createVerifiedRecently({ maxEntries: 2, ttlMs: 50 }, randomBytes(32), clock);
  recently.add(credential);
  clock.at = 1049;
  expect(recently.has(credential)).toBe(true);
  clock.at = 1050;
  expect(recently.has(credential)).toBe(false);
});

test("another password, address or epoch is another credential, wherever the parts are cut", () => {
  const recently = createVerifiedRecently({ maxEntries: 9, ttlMs: 50 }, randomBytes(32), clockAt(0));
  recently.add(credential);
  expect(recently.has({ ...credential, password: "correct horse " })).toBe(false);
  expect(recently.has({ ...credential, credentialEpoch: 4 })).toBe(false);
  expect(recently.has({ ...credential, address: "u@a.examplec", password: "orrect horse" })).toBe(false);
});

test("the oldest goes first when it is full", () => {
  const recently = createVerifiedRecently({ maxEntries: 2, ttlMs: 50 }, randomBytes(32), clockAt(0));
  const all = [1, 2, 3].map((credentialEpoch) => ({ ...credential, credentialEpoch }));
  for (const one of all) recently.add(one);
  expect(all.map((one) => recently.has(one))).toEqual([false, true, true]);
});

test("off means nothing is remembered", () => {
  const recently = createVerifiedRecently("off", randomBytes(32), clockAt(0));
  recently.add(credential);
  expect(recently.has(credential)).toBe(false);
});
