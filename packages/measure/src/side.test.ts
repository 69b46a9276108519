import type { HistoryRecord, Result } from "@cordon/model";
import { Ajv2020 } from "ajv/dist/2020.js";
import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { about, copyOf, drill, event, fault, offHistory, onHistory, removedAt, zero } from "./history.fixture.ts";
import { judge } from "./result.ts";
import { schemaText } from "./schema-file.ts";
import { judgeSide, type JudgedSide } from "./side.ts";
import type { DrillSpec } from "./spec.ts";

const sideOf = (history: HistoryRecord[], spec: DrillSpec = drill): JudgedSide =>
  judgeSide({ preset: "on", disabled: [], history }, spec);

const change = <Type extends HistoryRecord["type"]>(
  history: HistoryRecord[],
  type: Type,
  to: (record: Extract<HistoryRecord, { type: Type }>) => HistoryRecord,
): HistoryRecord[] =>
  history.map((record) => (record.type === type ? to(record as Extract<HistoryRecord, { type: Type }>) : record));

const published = readFileSync(new URL("../../../docs/schema/cordon.drill.1.schema.json", import.meta.url), "utf8");
const misfits = (result: Result): unknown[] => {
  const validate = new Ajv2020({ validateFormats: false }).compile(JSON.parse(published));
  validate(JSON.parse(JSON.stringify(result)));
  return validate.errors ?? [];
};

const isEvent = (record: HistoryRecord): boolean => record.type === "event";

/** The history in another order, by a rule the seed picks. */
const shuffled = (history: HistoryRecord[], seed: number): HistoryRecord[] =>
  history
    .map((record, index) => ({ record, key: Math.imul(index + 1, seed | 1) >>> 0 }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ record }) => record);

test("the order in which a history was written changes nothing", () => {
  const before = sideOf(onHistory());
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0x7fffffff }), (seed) => {
      expect(sideOf(shuffled(onHistory(), seed))).toEqual(before);
    }),
    { numRuns: 10 },
  );
});

test("one more late attempt makes no figure of harm better", () => {
  const before = sideOf(onHistory()).side;
  const ids = fc.integer({ min: zero / 10, max: 2_899 });
  fc.assert(
    fc.property(ids, (id) => {
      const late = change(onHistory(), "sign-in", (signIn) =>
        signIn.id === id ? { ...signIn, endedAt: signIn.scheduledAt + 3_000 } : signIn,
      );
      const { side } = sideOf(late);
      expect(side.hurt.overall).toBeGreaterThanOrEqual(before.hurt.overall);
      expect(side.ttiMs ?? Infinity).toBeGreaterThanOrEqual(before.ttiMs ?? Infinity);
      expect(side.sla.fleet).toBeLessThanOrEqual(before.sla.fleet);
    }),
    { numRuns: 10 },
  );
});

describe("TTI", () => {
  test("is the isolation itself when the others never left their limits", () => {
    expect(sideOf(onHistory()).side.ttiMs).toBe(360);
  });

  test("waits until the others are served again", () => {
    const struck = change(onHistory(), "sign-in", (signIn) =>
      signIn.partition === "p1" && signIn.scheduledAt >= zero && signIn.scheduledAt < zero + 2_000
        ? { ...signIn, endedAt: signIn.scheduledAt + 1_500 }
        : signIn,
    );
    expect(sideOf(struck).side.ttiMs).toBe(1_970);
  });

  test("waits until the others' mail is in time again", () => {
    const delayed = change(onHistory(), "maildir", (copy) => {
      const scheduledAt = copy.at - 100;
      const isStruck = copy.mailbox.endsWith("t1.example") && scheduledAt >= zero && scheduledAt < zero + 3_000;
      return isStruck ? { ...copy, at: copy.at + 5_000 } : copy;
    });
    // The last two of p1's delayed mails are due at 2,880 and 2,960: one alone in a second is less than 5 %.
    expect(sideOf(delayed).side.ttiMs).toBe(2_900);
  });

  test("never came when one of the expected isolations is missing, and is 0 when none is expected and nobody was hurt", () => {
    const silent = onHistory().filter((record) => !isEvent(record));
    expect(sideOf(silent).side.ttiMs).toBeNull();
    expect(sideOf(silent, { ...drill, isolationKinds: [] }).side.ttiMs).toBe(0);
  });
});

test("an alarm taken back by another source than the one that rang has not been taken back", () => {
  const rang = [...onHistory(), event(300, "partition-red", "p3", "auth")];
  const kinds = (source: string) =>
    sideOf([...rang, event(500, "partition-green", "p3", source)]).flaws.map(({ kind }) => kind);
  expect([kinds("auth"), kinds("mail")]).toEqual([[], ["head start"]]);
});

test("an alarm before the injection is no detection", () => {
  expect(sideOf([...onHistory(), event(zero - 50, "partition-red", "p3")]).side.ttdMs).toBe(300);
});

test("being served again only once the fault is gone is no failover", () => {
  const served = change(onHistory(), "sign-in", (signIn) =>
    signIn.partition === "p3" && signIn.scheduledAt >= zero && signIn.scheduledAt < removedAt - 900
      ? { ...signIn, outcome: "degraded" }
      : signIn,
  );
  expect(sideOf(served).side.failoverMs).toBeNull();
});

describe("a record is not believed", () => {
  const details = (history: HistoryRecord[], spec = drill) =>
    sideOf(history, spec).flaws.flatMap(({ kind, detail }) => (kind === "incomplete record" ? [detail] : []));

  test("when an attempt is in it twice, or is one that was never scheduled", () => {
    const twice = onHistory().flatMap((record) =>
      record.type === "sign-in" && record.id === 7 ? [record, record] : [record],
    );
    const extra = change(twice, "sign-in", (signIn) => ({ ...signIn, id: signIn.id === 7 ? 2_900 : signIn.id }));
    expect(details(twice)).toEqual(["2901 sign-ins in the record, 2900 scheduled"]);
    expect(details(extra)).toEqual(["1 of 2900 scheduled sign-ins are not in the record"]);
  });

  test("when a phase is missing or out of order, though a phase may have no length", () => {
    const at = (phase: string, to: number) =>
      change(onHistory(), "phase", (record) => (record.phase === phase ? { ...record, at: to } : record));
    const afterRecovery = change(onHistory(), "fault", (record) => ({ ...record, at: record.at + 16_000 }));
    expect(details(at("warm", 1_000).toReversed())).toEqual([]);
    expect(details(afterRecovery)).toEqual(["the phases are not all there, once each and in order"]);
    expect(details(at("recovery", 2_000))).toEqual(["the phases are not all there, once each and in order"]);
  });

  test("when two mails cannot be told apart", () => {
    const alike = change(onHistory(), "mail", (mail) => ({
      ...mail,
      headerId: mail.id < 2 ? "<same>" : mail.headerId,
    }));
    expect(details(alike)).toEqual(["two mails share one Message-ID"]);
  });

  test("when nobody outside, or nobody inside, tried anything under the fault", () => {
    const users = [...drill.users.keys()];
    const living = (partition: string) =>
      change(
        change(onHistory(), "sign-in", (signIn) => ({ ...signIn, partition })),
        "mail",
        (mail) => ({ ...mail, partition }),
      );
    const spec = (partition: string) => ({ ...drill, users: new Map(users.map((user) => [user, partition])) });
    expect(details(living("p3"), spec("p3"))).toEqual(["nobody outside the failed partition was measured"]);
    expect(details(living("p1"), spec("p1"))).toEqual(["nobody inside the failed partition was measured"]);
  });
});

test("a drill may ask that the role instance be named, and a partition alone will not do", () => {
  const spec: DrillSpec = { ...drill, detector: { kinds: ["partition-red"], partition: "p3", instance: "p3a" } };
  expect(sideOf(onHistory(), spec).side.ttdMs).toBeNull();
});

describe("TTR", () => {
  const stuck = (at: number | null): HistoryRecord[] => {
    const mail = onHistory().find((record) => record.type === "mail" && record.scheduledAt >= zero + 1_000);
    if (mail?.type !== "mail") throw new Error("the fixture has no such mail");
    const others = onHistory().filter((record) => record.type !== "maildir" || record.headerId !== mail.headerId);
    return at === null ? others : [...others, copyOf(mail, at)];
  };

  test("counts from failover when it came before the removal", () => {
    expect(sideOf(stuck(zero + 12_000)).side.ttrMs).toBe(12_000 - 7_020);
  });

  test("counts from the removal when failover never came", () => {
    const { side } = sideOf(offHistory());
    expect([side.failoverMs, side.ttrMs]).toEqual([null, 3_000]);
  });

  test("never came when a mail waits still", () => {
    expect(sideOf(stuck(null)).side.ttrMs).toBeNull();
  });

  test("has an end for a mail that was bounced", () => {
    const { headerId, user } = stuck(null).find(
      (record) => record.type === "mail" && record.scheduledAt >= zero + 1_000,
    ) as Extract<HistoryRecord, { type: "mail" }>;
    const bounce: HistoryRecord = { type: "fate", headerId, mailbox: user, fate: "bounced", at: zero + 11_000 };
    expect(sideOf([...stuck(null), bounce]).side.ttrMs).toBe(11_000 - 7_020);
  });
});

test("mail that was never delivered is not left out: it has waited until the end", () => {
  const spec = { ...drill };
  const gone = onHistory().filter((record) => record.type !== "maildir" || !record.mailbox.endsWith("t1.example"));
  const { side } = sideOf(gone, spec);
  expect(side.mail.delayMs.outside.samples).toBe(sideOf(onHistory()).side.mail.delayMs.outside.samples);
  expect(side.mail.delayMs.outside.max).toBeGreaterThan(22_000);
  expect(side.limits.find(({ id }) => id === "mail-delay-outside-p95")?.held).toBe(false);
});

describe("amplification", () => {
  const counted = (exchanges: (second: number) => number): number | null =>
    sideOf(change(onHistory(), "exchanges", (record) => ({ ...record, exchanges: exchanges(record.at) }))).side
      .amplification;

  test("of a second in which each attempt was asked once is about one, canaries apart", () => {
    expect(counted(() => 8 + 37)).toBeCloseTo(1, 1);
  });

  test("is that of the worst run of seconds in which enough was asked, which here is two", () => {
    const during = (seconds: readonly number[]) => (at: number) => (seconds.includes(at - zero) ? 8 + 37 * 4 : 8 + 37);
    expect(counted(during([4_000, 5_000]))).toBeCloseTo(4, 0);
    expect(counted(during([4_000]))).toBeCloseTo(2.5, 0);
  });

  test("does not blame a draining lane for mail that had waited", () => {
    const drains = sideOf(onHistory()).side.mail.delayMs.inside.max ?? 0;
    expect(drains).toBeGreaterThan(6_000);
    expect(counted((at) => (at === zero + 7_000 ? 8 + 37 + 60 : 8 + 37))).toBeLessThan(1.2);
    expect(counted((at) => (at === zero + 14_000 ? 8 + 37 + 60 : 8 + 37))).toBeGreaterThan(1.5);
  });

  test("sums the partition's proxies, and leaves other partitions' out", () => {
    const split = onHistory().flatMap((record): HistoryRecord[] =>
      record.type === "exchanges"
        ? [
            { ...record, exchanges: 20 },
            { ...record, at: record.at + 3, exchanges: 25 },
            { ...record, partition: "p1", exchanges: 900 },
          ]
        : [record],
    );
    expect(sideOf(split).side.amplification).toBeCloseTo(1, 1);
  });

  test("that nobody counted is not told, and breaks its limit", () => {
    const uncounted = sideOf(onHistory().filter((record) => record.type !== "exchanges")).side;
    expect(uncounted.amplification).toBeNull();
    expect(uncounted.limits.find(({ id }) => id === "amplification")?.held).toBe(false);
  });
});

describe("the service level", () => {
  test("of a side that hurts nobody once it has settled is that of its transients alone", () => {
    const { sla, failoverMs, ttrMs } = sideOf(onHistory()).side;
    expect(sla.sustainedShare).toBe(0);
    expect(sla.transientSeconds).toBeCloseTo(((failoverMs ?? 0) + (ttrMs ?? 0)) / 1_000, 6);
    expect([sla.creditWorstTenant, sla.creditFleet]).toEqual([0, 0]);
    expect(sla.worstTenant).toBeGreaterThan(0.99999);
  });

  test("of a side that hurts everybody to the end is that of the incident's whole length", () => {
    const { sla } = sideOf(offHistory().filter((record) => record.type !== "event")).side;
    expect(sla.sustainedShare).toBeGreaterThan(0.95);
    expect(sla.creditWorstTenant).toBe(0.5);
  });

  test("counts a tenant as down whose mail is accepted and parked, though every sign-in is served", () => {
    const parked = change(
      onHistory().filter((record) => record.type !== "event"),
      "maildir",
      (copy) => (copy.mailbox.endsWith("t3.example") && copy.at >= zero ? { ...copy, at: removedAt + 1_000 } : copy),
    );
    const { sla } = sideOf(parked).side;
    expect([sla.worstTenant < 0.99, sla.fleet > 0.995]).toEqual([true, true]);
  });

  test("tells the tenant of the failed partition apart from the fleet, whose average hides it", () => {
    const insideOnly = change(onHistory(), "sign-in", (signIn) =>
      signIn.partition === "p3" && signIn.scheduledAt >= zero && signIn.scheduledAt < removedAt
        ? { ...signIn, outcome: "refused" }
        : signIn,
    );
    const alone = insideOnly.map((record) =>
      record.type === "mail" && record.partition === "p3" && record.scheduledAt >= zero
        ? { ...record, outcome: "refused" as const }
        : record,
    );
    const { sla } = sideOf(alone).side;
    expect([sla.worstTenant.toFixed(4), sla.fleet.toFixed(4)]).toEqual(["0.9875", "0.9969"]);
    expect([sla.creditWorstTenant, sla.creditFleet]).toEqual([0.5, 0.25]);
  });
});

describe("a steady state", () => {
  const struckBefore = (fromMs: number): HistoryRecord[] =>
    change(onHistory(), "sign-in", (signIn) =>
      signIn.scheduledAt >= zero - fromMs && signIn.scheduledAt < zero
        ? { ...signIn, endedAt: signIn.scheduledAt + 5_000 }
        : signIn,
    );

  test("is not blamed for attempts that the fault caught in flight", () => {
    expect(sideOf(struckBefore(900)).flaws).toEqual([]);
    expect(sideOf(struckBefore(1_100)).flaws.map(({ kind }) => kind)).toEqual(["no steady state"]);
  });

  test("needs enough attempts to be one, mail in time, and mail accepted", () => {
    const kinds = (history: HistoryRecord[], spec = drill) => sideOf(history, spec).flaws.map(({ detail }) => detail);
    const slowMail = change(onHistory(), "maildir", (copy) =>
      copy.at < 4_000 ? { ...copy, at: copy.at + 2_500 } : copy,
    );
    const turnedAway = change(onHistory(), "mail", (mail) =>
      mail.id === 100 ? { ...mail, outcome: "refused" } : mail,
    );
    expect(kinds(slowMail)).toEqual(["145 of 150 mails took over 2000 ms before the fault"]);
    expect(kinds(turnedAway)).toEqual(["149 of 150 mails were accepted before the fault"]);
    expect(kinds(onHistory(), { ...drill, steady: { ...drill.steady, minSignIns: 401 } })).toEqual([
      "only 400 sign-ins before the fault, 401 needed",
    ]);
  });
});

test("a fault taken away in parts is gone when the last part is", () => {
  const parts = [...onHistory(), fault(removedAt + 500, "removed"), fault(removedAt + 700, "proven-gone")];
  expect(sideOf(parts).side.fault).toEqual({
    injectedAtMs: 0,
    provenAtMs: 40,
    removedAtMs: 15_500,
    provenGoneAtMs: 15_700,
  });
});

test("events are told on the fault clock, in order", () => {
  const { events } = sideOf([event(zero + 9_000, "lane-flowing", "p3", "mail"), ...onHistory()]).side;
  expect(events.map(({ atMs }) => atMs)).toEqual([300, 350, 360, 5_400, 6_900, 9_000]);
});

describe("result.json", () => {
  const result = judge(
    {
      sides: [
        { preset: "off", disabled: ["lanes"], history: offHistory() },
        { preset: "on", disabled: [], history: onHistory() },
      ],
      baseline: "off",
      candidate: "on",
      overridden: false,
      unsound: null,
      abort: null,
    },
    drill,
    about,
  );

  test("is as its published schema says, and so is that of a run in which nothing happened", () => {
    const empty = judge(
      {
        sides: [{ preset: "on", disabled: [], history: [] }],
        baseline: "off",
        candidate: "on",
        overridden: false,
        unsound: null,
        abort: { reason: "interrupted", exitCode: 143 },
      },
      drill,
      about,
    );
    expect(misfits(result)).toEqual([]);
    expect(misfits(empty)).toEqual([]);
    expect(misfits({ ...result, verdict: "splendid" as Result["verdict"] })).not.toEqual([]);
  });

  test("has a published schema that is the model's own", () => {
    expect(JSON.parse(published)).toEqual(JSON.parse(schemaText()));
  });
});
