/** Holds the table of refusals in docs/protocol.md to what every route is held to. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { problemTypes } from "@cordon/model";
import { expect, test } from "vitest";
import { rowsOf } from "../support/documents.ts";
import { ROOT } from "../support/sources.ts";
import { exceptions, promises } from "./promises.ts";

const rows = rowsOf(readFileSync(join(ROOT, "docs/protocol.md"), "utf8"));

test("docs/protocol.md promises what the routes are held to", () => {
  expect(rows.filter((row) => "what is sent" in row)).toEqual(
    Object.values(promises).map(({ sent, problem, fault }) => ({
      "what is sent": sent,
      status: String(problemTypes[problem].status),
      problem: `\`${problem}\``,
      "fault proxies": String(fault),
    })),
  );
});

test("docs/protocol.md names every call that answers otherwise", () => {
  expect(rows.filter((row) => "but of" in row)).toEqual(
    exceptions.map(({ call, promise, statuses, why }) => ({
      "but of": `\`${call}\``,
      "to what": promises[promise].sent,
      answer: statuses.join(" or "),
      why,
    })),
  );
});

test("every problem a service can answer with is explained", () => {
  const told = new Set(rows.flatMap(({ problem }) => problem ?? []));
  const others = rows.flatMap((row) => row["besides these"] ?? []);
  expect([...told, ...others].toSorted()).toEqual(
    Object.keys(problemTypes)
      .map((name) => `\`${name}\``)
      .toSorted(),
  );
});
