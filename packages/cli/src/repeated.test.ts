/** What a series of runs comes to, and that its JSON is what docs/schema promises. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import type { Result, Side } from "@cordon/model";
import { repeatedJson, repeatedOf } from "./repeated.ts";

const schema = new URL("../../../docs/schema/cordon.drill-repeat.1.schema.json", import.meta.url);
const check = new Ajv2020().compile(JSON.parse(readFileSync(schema, "utf8")) as object);

/** As much of a run as a series looks at. */
const run = (verdict: Result["verdict"], broken: readonly string[], ttdMs: number | null): Result => {
  const limits = ["ttd", "tti"].map((id) => ({ id, held: !broken.includes(id) }));
  const side = { preset: "on", limits, ttdMs, ttiMs: null, failoverMs: 7_000, ttrMs: 0 };
  return { verdict, candidate: "on", sides: [side as unknown as Side] } as unknown as Result;
};

test("a series says what each run came to, how many were as the first, and how far its times spread", () => {
  const results = [run("held", [], 300), run("refuted", ["tti"], 900), run("held", [], null)];
  const repeated = repeatedOf(results, 20, "no steady state");
  expect(repeated).toMatchObject({ times: 20, same: 2, outcomes: ["held", "refuted tti", "held"] });
  expect(repeated.spreads[0]).toEqual({ id: "ttdMs", min: 300, median: 900, max: 900, missing: 1 });
  expect([check(JSON.parse(repeatedJson(repeated))), check.errors]).toEqual([true, null]);
});

test("a series that came to no run is told in the same form", () => {
  const repeated = repeatedOf([], 2, "the lab did not start");
  expect(repeated).toMatchObject({ same: 0, outcomes: [], stopped: "the lab did not start" });
  expect([check(JSON.parse(repeatedJson(repeated))), check.errors]).toEqual([true, null]);
});
