import type { EventKind, HistoryRecord, MaildirRecord, Result, SignInRecord } from "@cordon/model";
import { describe, expect, test } from "vitest";
import { about, copyOf, drill, endAt, event, offHistory, onHistory, removedAt, zero } from "./history.fixture.ts";
import { candidate, change, ended, mailAt, resultOf, without, runOf } from "./verdict.fixture.ts";
import { judge, type Run } from "./result.ts";

const isEvent = (record: HistoryRecord, kind: EventKind): boolean =>
  record.type === "event" && record.event.kind === kind;

const isFault = (record: HistoryRecord, step: string): boolean => record.type === "fault" && record.step === step;

describe("an honest run", () => {
  const result = resultOf({});

  test("is held, and the control is valid by harm outside the failed partition alone", () => {
    expect(ended(result)).toEqual({ verdict: "held", exitCode: 0, reason: "every limit held" });
    expect(result.control).toEqual({ valid: true, broken: ["hurt-outside", "mail-delay-outside-p95"] });
  });

  test("tells the candidate's times and shares", () => {
    const side = candidate(result);
    expect({
      ttdMs: side?.ttdMs,
      ttiMs: side?.ttiMs,
      failoverMs: side?.failoverMs,
      hurt: side?.hurt,
      lost: side?.mail.lost,
      duplicated: side?.mail.duplicated,
      failedShare: side?.failedShare,
    }).toEqual({
      ttdMs: 300,
      ttiMs: 360,
      failoverMs: 7_020,
      hurt: { outside: 0, inside: 0.9, overall: 9 / 40 },
      lost: 0,
      duplicated: 0,
      failedShare: 0.25,
    });
    expect(side?.ttrMs).toBeGreaterThan(1_000);
    expect(side?.ttrMs).toBeLessThan(1_500);
  });

  test("holds whatever the order the sides ran in", () => {
    const run = runOf({});
    expect(ended(judge({ ...run, sides: run.sides.toReversed() }, drill, about)).verdict).toBe("held");
  });
});

describe("a planted lie is caught:", () => {
  test("a lost mail", () => {
    const history = onHistory();
    const { headerId } = mailAt(history, zero);
    const on = without(history, (record) => record.type === "maildir" && record.headerId === headerId);
    expect(ended(resultOf({ on }))).toEqual({ verdict: "refuted", exitCode: 6, reason: "mail lost: 1" });
  });

  test("a mail that only the service's own ledger calls delivered", () => {
    const history = onHistory();
    const { headerId, user } = mailAt(history, zero);
    const on: HistoryRecord[] = [
      ...without(history, (record) => record.type === "maildir" && record.headerId === headerId),
      { type: "fate", headerId, mailbox: user, fate: "delivered", at: zero + 10 },
    ];
    expect(ended(resultOf({ on }))).toEqual({ verdict: "refuted", exitCode: 6, reason: "mail lost: 1" });
  });

  test("a duplicate", () => {
    const history = onHistory();
    const on = [...history, copyOf(mailAt(history, zero), zero + 900, "new/second")];
    expect(ended(resultOf({ on }))).toEqual({ verdict: "refuted", exitCode: 6, reason: "mail duplicated: 1" });
  });

  test("a refused mail that was delivered all the same", () => {
    const history = onHistory();
    const { id } = mailAt(history, zero - 4_000);
    const on = change(history, "mail", (mail) =>
      mail.id === id ? { ...mail, outcome: "refused", code: "451" } : mail,
    );
    expect(ended(resultOf({ on }))).toEqual({ verdict: "refuted", exitCode: 6, reason: "mail duplicated: 1" });
  });

  test("a copy in a mailbox the mail was not for", () => {
    const history = onHistory();
    const mail = mailAt(history, zero);
    const on = [...history, copyOf({ ...mail, mailboxes: ["other@t2.example"] }, zero + 50)];
    expect(ended(resultOf({ on })).reason).toBe("mail duplicated: 1");
  });

  test("a detector with a head start", () => {
    const on = [...onHistory(), event(zero - 500, "partition-red", "p3")];
    expect(ended(resultOf({ on }))).toEqual({
      verdict: "invalid",
      exitCode: 5,
      reason: "head start (on): auth named p3 500 ms before the fault",
    });
  });

  test("a detector that rang in the warm-up and never stopped, but not one that took it back", () => {
    const rang = [...onHistory(), event(500, "partition-red", "p3")];
    const stopped = [...rang, event(800, "partition-green", "p3")];
    expect(ended(resultOf({ on: rang })).verdict).toBe("invalid");
    expect(ended(resultOf({ on: stopped })).verdict).toBe("held");
  });

  test("a detector that names the wrong partition", () => {
    const on = [
      ...without(onHistory(), (record) => isEvent(record, "partition-red")),
      event(zero + 300, "partition-red", "p2"),
    ];
    expect(ended(resultOf({ on }))).toEqual({ verdict: "refuted", exitCode: 4, reason: "broke ttd" });
  });

  test("slow requests that the generator left out of the record", () => {
    const off = offHistory();
    const on = without(onHistory(), (record) => record.type === "sign-in" && record.id === 900);
    const reason = "incomplete record (on): 1 of 2900 scheduled sign-ins are not in the record";
    expect(ended(resultOf({ off, on }))).toEqual({ verdict: "invalid", exitCode: 5, reason });
  });

  test("requests whose clock was started only when they were sent", () => {
    const stalled = (signIn: SignInRecord): SignInRecord =>
      signIn.partition === "p1" && signIn.scheduledAt >= zero + 1_000 && signIn.scheduledAt < zero + 2_000
        ? { ...signIn, sentAt: signIn.scheduledAt + 3_000, endedAt: signIn.scheduledAt + 3_020 }
        : signIn;
    const result = resultOf({ on: change(onHistory(), "sign-in", stalled) });
    expect(ended(result)).toEqual({ verdict: "refuted", exitCode: 4, reason: "broke hurt-outside, tti" });
    expect(candidate(result)?.signIn.outside.late).toBe(25);
  });

  test("requests that were never sent", () => {
    const unsent = (signIn: SignInRecord): SignInRecord =>
      signIn.id === 901 ? { ...signIn, sentAt: null, endedAt: null, outcome: "unsent", code: "" } : signIn;
    const result = resultOf({ on: change(onHistory(), "sign-in", unsent) });
    expect(ended(result).verdict).toBe("refuted");
    expect(candidate(result)?.hurt.outside).toBe(1 / 30);
  });

  test("users booked to the partition that is allowed to fail", () => {
    const booked = (signIn: SignInRecord): SignInRecord =>
      signIn.id === 900 ? { ...signIn, partition: "p3" } : signIn;
    const on = change(onHistory(), "sign-in", booked);
    expect(ended(resultOf({ on })).reason).toBe(
      "incomplete record (on): sign-in 900 is booked to p3, its user lives in p1",
    );
  });

  test("a control that breaks only by construction: it has no mechanism, and the dead partition suffers", () => {
    const off = without(onHistory(), (record) => record.type === "event");
    const result = resultOf({ off }, { ...drill, limits: [...drill.limits, { id: "hurt-inside", limit: 0 }] });
    const broken = result.sides[0]?.limits.filter((limit) => !limit.held).map(({ id }) => id);
    expect(broken).toEqual(["ttd", "tti", "failover", "hurt-inside"]);
    expect(ended(result)).toEqual({
      verdict: "invalid",
      exitCode: 5,
      reason: "off broke no harm limit beyond what failed: the drill proved nothing",
    });
  });

  test("nothing, when one role instance failed and its partition suffered: its siblings could have served", () => {
    const off = without(onHistory(), (record) => record.type === "event");
    const limits = [...drill.limits, { id: "hurt-inside", limit: 0 } as const];
    const result = resultOf({ off }, { ...drill, failedUnit: "instance", limits });
    expect(result.control).toEqual({ valid: true, broken: ["hurt-inside"] });
  });

  describe("of mails outside, all refused but some", () => {
    const limits = drill.limits.filter(({ id }) => id !== "hurt-outside");
    /** Honest without a detector, but for mail outside p3 once the fault is in: one in `kept` is taken, and waits. */
    const fewMails = (kept: number, waitsMs: number): HistoryRecord[] => {
      const taken = new Set<string>();
      const mails = change(
        without(onHistory(), (record) => record.type === "event"),
        "mail",
        (mail) => {
          if (mail.scheduledAt < zero || mail.partition === "p3") return mail;
          if (mail.id % kept !== 1) return { ...mail, outcome: "refused" };
          taken.add(mail.headerId);
          return mail;
        },
      );
      const later = (copy: MaildirRecord): number => (taken.has(copy.headerId) ? waitsMs : 0);
      return change(mails, "maildir", (copy) => ({ ...copy, at: copy.at + later(copy) }));
    };
    const delayOf = (side: Result["sides"][number] | undefined) => {
      const delay = side?.limits.find(({ id }) => id === "mail-delay-outside-p95");
      return [delay?.measured, delay?.held];
    };

    test("a control that breaks a harm limit only because nothing was measured", () => {
      const result = resultOf({ off: fewMails(1_000_000, 0) }, { ...drill, limits });
      expect([delayOf(result.sides[0]), result.control]).toEqual([[null, false], { valid: false, broken: [] }]);
    });

    test("a control whose mails are too few for a p95, and the slowest of them slow", () => {
      const result = resultOf({ off: fewMails(20, 4_000) }, { ...drill, limits });
      expect([delayOf(result.sides[0]), result.control]).toEqual([[4_100, false], { valid: false, broken: [] }]);
    });

    test("nothing, when a candidate's few mails were all quick: no p95 could be greater than the slowest", () => {
      expect(delayOf(candidate(resultOf({ on: fewMails(20, 0) })))).toEqual([100, true]);
    });

    test("a candidate whose few mails were not all quick", () => {
      expect(delayOf(candidate(resultOf({ on: fewMails(20, 4_000) })))).toEqual([4_100, false]);
    });
  });

  test("a control that was hurting before the fault", () => {
    const off = change(offHistory(), "sign-in", (signIn) =>
      signIn.scheduledAt < zero && signIn.id % 20 === 0 ? { ...signIn, endedAt: signIn.scheduledAt + 2_000 } : signIn,
    );
    const reason = "no steady state (off): 380 of 400 sign-ins were ok before the fault";
    expect(ended(resultOf({ off })).reason).toBe(reason);
    const taken = (at: number): HistoryRecord => ({ type: "host", at, othersShare: at < zero ? 0.9 : 0.1 });
    const crowded = [...off, taken(zero - 1_000), taken(zero + 1_000)];
    expect(ended(resultOf({ off: crowded })).reason).toBe(`${reason}; other processes took 90 % of all cores`);
  });

  test("a degraded answer sold as ok, while failover never came", () => {
    const on = change(
      without(onHistory(), (record) => isEvent(record, "failover-started") || isEvent(record, "failover-done")),
      "sign-in",
      (signIn) => ({ ...signIn, outcome: signIn.outcome === "degraded" ? "ok" : signIn.outcome }),
    );
    expect(ended(resultOf({ on }))).toEqual({ verdict: "refuted", exitCode: 4, reason: "broke failover" });
  });

  test("a failover that is announced, while users are still served degraded", () => {
    const on = change(onHistory(), "sign-in", (signIn) => ({
      ...signIn,
      outcome:
        signIn.partition === "p3" &&
        signIn.outcome === "ok" &&
        signIn.scheduledAt >= zero &&
        signIn.scheduledAt < removedAt
          ? "degraded"
          : signIn.outcome,
    }));
    expect(ended(resultOf({ on }))).toEqual({ verdict: "refuted", exitCode: 4, reason: "broke failover" });
  });

  test("a fault that was never proven to bite, or whose proof came before it", () => {
    const on = without(onHistory(), (record) => isFault(record, "proven"));
    const early: HistoryRecord[] = [...on, { type: "fault", at: zero - 5, step: "proven", detail: "" }];
    const reason = "fault not proven to bite (on): no proof after the injection";
    expect(ended(resultOf({ on }))).toEqual({ verdict: "invalid", exitCode: 5, reason });
    expect(ended(resultOf({ on: early }))).toEqual({ verdict: "invalid", exitCode: 5, reason });
  });

  test("a fault that was never proven gone, or whose proof came before its removal", () => {
    const off = without(offHistory(), (record) => isFault(record, "proven-gone"));
    const early: HistoryRecord[] = [...off, { type: "fault", at: removedAt - 5, step: "proven-gone", detail: "" }];
    const reason = "fault not proven gone (off): no proof after the removal";
    expect(ended(resultOf({ off }))).toEqual({ verdict: "invalid", exitCode: 5, reason });
    expect(ended(resultOf({ off: early }))).toEqual({ verdict: "invalid", exitCode: 5, reason });
  });

  test("a fault whose lease ran out half way", () => {
    const on = [...onHistory(), event(zero + 7_000, "lease-expired", "p3", "fault")];
    expect(ended(resultOf({ on })).reason).toBe("fault healed itself (on): its lease ran out before it was removed");
  });
});

describe("a run whose second side never came to its fault", () => {
  test("is invalid, and keeps what the first had shown", () => {
    const result = judge(
      { ...runOf({}), sides: runOf({}).sides.slice(0, 1), unsound: "side on: no steady state" },
      drill,
      about,
    );
    expect(ended(result)).toEqual({ verdict: "invalid", exitCode: 5, reason: "side on: no steady state" });
    expect(result.sides).toHaveLength(1);
  });
});

describe("the ending", () => {
  const lossy = (() => {
    const history = onHistory();
    const { headerId } = mailAt(history, zero);
    return without(history, (record) => record.type === "maildir" && record.headerId === headerId);
  })();
  const abort = { reason: "interrupted", exitCode: 130 };

  test("is aborted when the run was cut short, and no mail of a half-audited side counts as lost", () => {
    const cut = without(lossy, (record) => record.type === "phase" && record.phase === "end");
    expect(ended(judge({ ...runOf({ on: cut }), abort }, drill, about))).toEqual({
      verdict: "aborted",
      exitCode: 130,
      reason: "interrupted",
    });
  });

  test("of an aborted run is 6 when a side that had ended had lost a mail", () => {
    expect(ended(judge({ ...runOf({ on: lossy }), abort }, drill, about))).toEqual({
      verdict: "aborted",
      exitCode: 6,
      reason: "interrupted; mail lost: 1",
    });
  });

  test("of an aborted run names what an operator ordered on a side that had ended", () => {
    const on = [...onHistory(), event(zero + 4_100, "operator-isolated", "p2", "drill")];
    expect(ended(judge({ ...runOf({ on }), abort }, drill, about))).toMatchObject({
      verdict: "aborted",
      reason: "interrupted; an operator isolated p2 at 4.1 s (on)",
    });
  });

  test("is 6 before invalid", () => {
    const on = without(lossy, (record) => isFault(record, "proven"));
    expect(ended(resultOf({ on })).exitCode).toBe(6);
  });

  test("is invalid before refuted", () => {
    const broken = without(onHistory(), (record) => isEvent(record, "partition-red"));
    expect(ended(resultOf({ on: broken })).exitCode).toBe(4);
    expect(ended(resultOf({ on: without(broken, (record) => isFault(record, "proven")) })).exitCode).toBe(5);
  });

  test("with one side is exploratory, never held, and tells broken limits by its exit code", () => {
    const one = (on: HistoryRecord[]): Run => ({ ...runOf({}), sides: [{ preset: "on", disabled: [], history: on }] });
    const undetected = without(onHistory(), (record) => isEvent(record, "partition-red"));
    expect(ended(judge(one(onHistory()), drill, about))).toEqual({
      verdict: "exploratory",
      exitCode: 0,
      reason: "one side: every limit held",
    });
    expect(ended(judge(one(undetected), drill, about))).toEqual({
      verdict: "exploratory",
      exitCode: 4,
      reason: "one side: broke ttd",
    });
  });

  test("with settings by hand is exploratory, though both sides ran", () => {
    expect(ended(judge({ ...runOf({}), overridden: true }, drill, about))).toEqual({
      verdict: "exploratory",
      exitCode: 0,
      reason: "settings by hand: every limit held",
    });
  });

  test("with an operator's hand in it is exploratory and says whose, what and when, though every limit held", () => {
    const on = [...onHistory(), event(zero + 4_100, "operator-isolated", "p2", "drill")];
    expect(ended(resultOf({ on }))).toEqual({
      verdict: "exploratory",
      exitCode: 0,
      reason: "an operator isolated p2 at 4.1 s (on): every limit held",
    });
  });

  test("is exploratory for an order to the baseline too, given before the fault or after it", () => {
    const ordered = (at: number, ...kinds: EventKind[]): HistoryRecord[] => [
      ...offHistory(),
      ...kinds.map((kind, index) => event(at + index * 1_000, kind, "p3", "drill")),
    ];
    const early = resultOf({ off: ordered(zero - 2_000, "operator-failed-over", "operator-rejoined") });
    expect(ended(early).reason).toBe(
      "an operator failed over p3 at -2.0 s, an operator let back in p3 at -1.0 s (off): every limit held",
    );
    const many = Array.from({ length: 5 }, (): EventKind => "operator-isolated");
    expect(ended(resultOf({ off: ordered(removedAt, ...many) })).reason).toContain(
      "at 17.0 s, and 2 more orders (off)",
    );
  });

  test("of a run that an operator's order spoilt is invalid, and names the order", () => {
    const on = [
      ...onHistory(),
      event(zero - 600, "operator-isolated", "p3", "drill"),
      event(zero - 500, "partition-isolated", "p3"),
    ];
    const spec = { ...drill, detector: { ...drill.detector, kinds: ["partition-isolated" as const] } };
    expect(ended(resultOf({ on }, spec))).toEqual({
      verdict: "invalid",
      exitCode: 5,
      reason: "head start (on): auth named p3 500 ms before the fault; an operator isolated p3 at -0.6 s (on)",
    });
  });

  test("of a run without sides, or of a drill without limits, is invalid and not held", () => {
    expect(ended(judge({ ...runOf({}), sides: [] }, drill, about)).verdict).toBe("invalid");
    const one = { ...runOf({}), sides: [{ preset: "on", disabled: [], history: onHistory() }] };
    expect(ended(judge(one, { ...drill, limits: [] }, about)).verdict).toBe("invalid");
  });

  test("of an aborted run with an empty history is told, and does not throw", () => {
    const run = { ...runOf({ off: [], on: [] }), abort };
    expect(ended(judge(run, drill, about)).verdict).toBe("aborted");
  });

  test("of a side that stopped before its last phase is invalid", () => {
    const on = without(onHistory(), (record) => record.type === "phase" && record.at === endAt);
    expect(ended(resultOf({ on })).reason).toBe(
      "incomplete record (on): the phases are not all there, once each and in order",
    );
  });
});
