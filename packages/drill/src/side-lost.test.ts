import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { asLost, lostWords, orWhyCut, SideLost } from "./side-lost.ts";

const never = new AbortController().signal;
const cutOff = (signal: AbortSignal): Promise<void> => delay(60_000, undefined, { signal });

test("a wait that was cut off says what cut it, and not that it was", async () => {
  const cut = AbortSignal.abort(new SideLost("the guardian of the run ended"));
  await expect(orWhyCut(cutOff(cut), cut)).rejects.toThrow("the guardian of the run ended");
  await expect(orWhyCut(Promise.reject(new Error("no steady state")), never)).rejects.toThrow("no steady state");
});

test("a loss is told with its moment on the fault clock, when there is one, and with what follows", () => {
  const lost = new SideLost("control was stopped", "nothing is known");
  expect(lostWords(lost, 14_230, 10_000)).toBe("control was stopped at 4.2 s: nothing is known");
  expect(lostWords(lost, 14_230, null)).toBe("control was stopped: nothing is known");
  expect(lostWords(asLost(new Error("no lab")), 14_230, null)).toBe("no lab");
});
