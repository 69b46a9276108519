import { expect, test } from "vitest";
import { createFaultPoint } from "./fault-point.ts";

const leaseMs = 1_000;

/** A time that passes when it is told to: `pass` ends every lease that is still running. */
function handTime() {
  const leases = new Set<() => void>();
  return {
    after: (_ms: number, then: () => void): (() => void) => {
      leases.add(then);
      return () => leases.delete(then);
    },
    pass() {
      const due = [...leases];
      leases.clear();
      for (const then of due) then();
    },
    running: () => leases.size,
  };
}

test("verify passes until the point is set, hangs while it is, and passes when it is switched off", async () => {
  const point = createFaultPoint(2, handTime().after);
  const { signal } = new AbortController();
  expect(await point.passVerify(signal)).toBe("passes");
  point.set({ verify: "hang", leaseMs });
  const hanging = point.passVerify(signal);
  point.set({ verify: "none" });
  expect(await hanging).toBe("passes");
});

test("a client that leaves frees its place, and one over the bound is not held", async () => {
  const point = createFaultPoint(1, handTime().after);
  point.set({ verify: "hang", leaseMs });
  const leaving = new AbortController();
  const first = point.passVerify(leaving.signal);
  expect(await point.passVerify(new AbortController().signal)).toBe("full");
  leaving.abort();
  expect(await first).toBe("left");
  expect(await point.passVerify(AbortSignal.abort())).toBe("left");
  const next = point.passVerify(new AbortController().signal);
  point.set({ verify: "none" });
  expect(await next).toBe("passes");
});

test("the end of a lease lets go what hangs, and nothing hangs any more", async () => {
  const time = handTime();
  const point = createFaultPoint(1, time.after);
  const { signal } = new AbortController();
  point.set({ verify: "hang", leaseMs });
  const hanging = point.passVerify(signal);
  time.pass();
  expect(await hanging).toBe("passes");
  expect(await point.passVerify(signal)).toBe("passes");
});

test("one lease runs at a time: renewed it begins anew, and a point that was switched off has none", () => {
  const time = handTime();
  const point = createFaultPoint(1, time.after);
  point.set({ verify: "hang", leaseMs });
  point.set({ verify: "hang", leaseMs });
  expect(time.running()).toBe(1);
  point.set({ verify: "none" });
  expect(time.running()).toBe(0);
});
