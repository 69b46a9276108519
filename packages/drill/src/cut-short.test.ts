import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { orWhyLost } from "./cut-short.ts";

const lost = AbortSignal.abort(new Error("the guardian of the run ended"));
const never = new AbortController().signal;
const cutOff = (signal: AbortSignal): Promise<void> => delay(60_000, undefined, { signal });

test("a wait that a lost lab cuts off says what the lab was lost by", async () => {
  await expect(orWhyLost(cutOff(lost), lost, never)).rejects.toThrow("the guardian of the run ended");
});

test("an error is told as it is when nothing was lost, and when the run was aborted", async () => {
  await expect(orWhyLost(Promise.reject(new Error("no steady state")), never, never)).rejects.toThrow(
    "no steady state",
  );
  const aborted = AbortSignal.abort();
  await expect(orWhyLost(cutOff(aborted), lost, aborted)).rejects.toThrow("The operation was aborted");
});
