import { describe, expect, test } from "vitest";
import { lostAmong, metBy, parseAbortCondition, type AbortCondition } from "./abort-when.ts";
import type { LiveFigures } from "./live.ts";

const condition = (text: string): AbortCondition => {
  const parsed = parseAbortCondition(text);
  if (parsed === undefined) throw new Error(`${text} is no condition`);
  return parsed;
};

describe("a condition", () => {
  test.each([
    ["hurt-outside>20%", { figure: "hurt-outside", above: 0.2, text: "hurt-outside>20%" }],
    [" hurt > 0.5 % ", { figure: "hurt", above: 0.005, text: "hurt > 0.5 %" }],
    ["hurt-inside>0%", { figure: "hurt-inside", above: 0, text: "hurt-inside>0%" }],
    ["queued>5000", { figure: "queued", above: 5_000, text: "queued>5000" }],
    ["lost>0", { figure: "lost", above: 0, text: "lost>0" }],
  ])("%s is one", (text, parsed) => {
    expect(parseAbortCondition(text)).toEqual(parsed);
  });

  test.each([
    "",
    "hurt",
    "hurt>20",
    "hurt>100%",
    "hurt>=20%",
    "hurt<20%",
    "queued>5%",
    "queued>1.5",
    "lost>-1",
    "mood>3",
  ])("'%s' is none", (text) => {
    expect(parseAbortCondition(text)).toBeUndefined();
  });
});

const live = (hurt: LiveFigures["hurt"], queued: readonly (number | null)[] = []): LiveFigures => ({
  at: 0,
  hurt,
  partitions: queued.map((waiting, index) => ({
    partition: `p${index + 1}`,
    signIns: { due: 0, well: 0 },
    mails: { due: 0, well: 0 },
    queued: waiting,
  })),
});
const hurt = { outside: 0.25, inside: 1, overall: 0.4 };

test("the first that is true is told with what was measured, and one that is only reached is not true", () => {
  const met = (...texts: readonly string[]) => metBy(texts.map(condition), { live: live(hurt, [3, null, 4]), lost: 2 });
  expect(met("hurt>40%", "hurt-outside>20%", "lost>0")).toBe("hurt-outside>20%: it was 25.0 %");
  expect(met("queued>6")).toBe("queued>6: it was 7");
  expect(met("lost>1")).toBe("lost>1: it was 2");
  expect(met("queued>7", "lost>2", "hurt-inside>99.9%")).toBe("hurt-inside>99.9%: it was 100.0 %");
  expect(met("queued>7", "lost>2")).toBeUndefined();
});

test("nothing is true before the fault is in, and nothing of a figure that nobody has", () => {
  const conditions = [condition("queued>0"), condition("lost>0")];
  expect(metBy(conditions, { live: live(null, [9]), lost: 9 })).toBeUndefined();
  expect(metBy([condition("lost>0")], { live: live(hurt), lost: null })).toBeUndefined();
});

test("an accepted mail is lost in each mailbox where it is neither a copy nor in the ledger", () => {
  const accepted = [
    { headerId: "<1>", mailboxes: ["a", "b"] },
    { headerId: "<2>", mailboxes: ["a"] },
  ];
  const found = [
    { headerId: "<1>", mailbox: "a" },
    { headerId: "<2>", mailbox: "b" },
  ];
  expect(lostAmong(accepted, found)).toBe(2);
});
