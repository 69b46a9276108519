import { expect, test } from "vitest";
import { createFaultPoint } from "./fault-point.ts";

test("verify passes until the point is set, hangs while it is, and passes when it is switched off", async () => {
  const point = createFaultPoint(2);
  const { signal } = new AbortController();
  expect(await point.passVerify(signal)).toBe("passes");
  point.set({ verify: "hang" });
  const hanging = point.passVerify(signal);
  point.set({ verify: "none" });
  expect(await hanging).toBe("passes");
});

test("a client that leaves frees its place, and one over the bound is not held", async () => {
  const point = createFaultPoint(1);
  point.set({ verify: "hang" });
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
