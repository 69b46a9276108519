import * as fc from "fast-check";
import { expect, test } from "vitest";
import { planWorkload } from "./schedule.ts";

const users = Array.from({ length: 7 }, (_, index) => ({ address: `u${index}`, alias: `a${index}` }));
const plan = { seed: "s", lengthMs: 10_000, signInPerSecond: 20, mailPerSecond: 5, aliasShare: 0.5 };

test("one attempt falls into each slot of its rate, and all are in order of time", () => {
  const planned = planWorkload(plan, users);
  const signIns = planned.filter(({ kind }) => kind === "sign-in");
  expect([signIns.length, planned.length]).toEqual([200, 250]);
  expect(signIns.every(({ id, offsetMs }) => offsetMs >= id * 50 && offsetMs < (id + 1) * 50)).toBe(true);
  expect(planned.map(({ offsetMs }) => offsetMs)).toEqual(
    planned.map(({ offsetMs }) => offsetMs).toSorted((a, b) => a - b),
  );
});

test("users come round equally often, in an order that the seed alone decides", () => {
  const turns = (seed: string) =>
    planWorkload({ ...plan, seed, mailPerSecond: 0 }, users).map(({ user }) => user.address);
  const counts = users.map(({ address }) => turns("s").filter((one) => one === address).length);
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  expect(turns("s")).toEqual(turns("s"));
  expect(turns("other")).not.toEqual(turns("s"));
});

test("no two mails of a seed share a Message-ID, and each goes to the user or the user's alias", () => {
  fc.assert(
    fc.property(fc.string(), (seed) => {
      const mails = planWorkload({ ...plan, seed, signInPerSecond: 0 }, users);
      const ids = mails.map((one) => (one.kind === "mail" ? one.headerId : ""));
      return (
        new Set(ids).size === 50 &&
        mails.every((one) => one.kind === "mail" && [one.user.address, one.user.alias].includes(one.to))
      );
    }),
  );
});
