import type { Planned } from "@cordon/load";
import type { LabUser } from "@cordon/lab";
import type { HistoryRecord } from "@cordon/model";
import { expect, test } from "vitest";
import { attemptName, liveFigures, servedIn, type LiveInput } from "./live.ts";

const user = (name: string, partition: string): LabUser => ({
  address: `${name}@${partition}.example`,
  password: "",
  phc: "",
  tenant: `${partition}.example`,
  partition,
  alias: `also.${name}@${partition}.example`,
});
const users = [user("a", "p1"), user("b", "p2"), user("c", "p1"), user("d", "p2")];

/** A sign-in each 100 ms for 10 s, the users in turn. */
const planned = Array.from({ length: 100 }, (_, id): Planned<LabUser> => {
  const [first = user("a", "p1")] = users;
  return { kind: "sign-in", id, offsetMs: id * 100, user: users[id % users.length] ?? first };
});
const startAt = 50_000;
const input = (served: (id: number) => boolean | undefined, injectedAt: number | null = null): LiveInput => ({
  planned,
  startAt,
  ended: new Map(
    planned.flatMap(({ id }) => {
      const well = served(id);
      return well === undefined ? [] : [[attemptName("sign-in", id), well] as const];
    }),
  ),
  queued: new Map([["p2", 7]]),
  partitions: ["p1", "p2"],
  failed: "p2",
  injectedAt,
  lateMs: 1_000,
});

test("an attempt counts from when its answer would be late, and one without an answer is then no good", () => {
  // At 4 s those due from 1 s up to 3 s are looked at: ten of each partition.
  const { partitions } = liveFigures(
    input((id) => (id % 2 === 1 ? undefined : true)),
    startAt + 4_000,
    2_000,
  );
  expect(partitions).toEqual([
    { partition: "p1", signIns: { due: 10, well: 10 }, mails: { due: 0, well: 0 }, queued: null },
    { partition: "p2", signIns: { due: 10, well: 0 }, mails: { due: 0, well: 0 }, queued: 7 },
  ]);
});

test("nobody is told as hurt before the injection", () => {
  expect(
    liveFigures(
      input(() => undefined),
      startAt + 4_000,
      2_000,
    ).hurt,
  ).toBeNull();
});

test("users are hurt who had one bad attempt since the injection, and those who had none tried are not counted", () => {
  const bad = new Set([31, 32, 35]);
  const hurtAt = (ms: number) =>
    liveFigures(
      input((id) => !bad.has(id), startAt + 3_000),
      startAt + ms,
      2_000,
    ).hurt;
  expect(hurtAt(4_050)).toEqual({ outside: 0, inside: 0, overall: 0 });
  // 30 a, 31 b, 32 c, 33 d are due by 3.35 s: b and c of two and two.
  expect(hurtAt(4_350)).toEqual({ outside: 0.5, inside: 0.5, overall: 0.5 });
  expect(hurtAt(9_000)).toEqual({ outside: 0.5, inside: 0.5, overall: 0.5 });
});

test("served late is not served, and a degraded sign-in is", () => {
  const record = (outcome: "ok" | "degraded" | "refused", endedAt: number | null): HistoryRecord => ({
    type: "sign-in",
    id: 3,
    user: "a@p1.example",
    partition: "p1",
    scheduledAt: 1_000,
    sentAt: 1_000,
    endedAt,
    outcome,
    code: "",
  });
  const well = (one: HistoryRecord) => servedIn(one, 1_000);
  expect(well(record("degraded", 2_000))).toEqual({ name: "sign-in 3", well: true });
  expect([
    well(record("ok", 2_001))?.well,
    well(record("refused", 1_100))?.well,
    well(record("ok", null))?.well,
  ]).toEqual([false, false, false]);
  expect(well({ type: "phase", at: 1, phase: "warm" })).toBeUndefined();
});
