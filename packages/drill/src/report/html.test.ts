import { createHash } from "node:crypto";
import type { DrillSpec } from "@cordon/measure";
import type { HandsOn, Result } from "@cordon/model";
import { expect, test } from "vitest";
import type { Drill } from "../drill.ts";
import { bound, count, measured } from "./format.ts";
import { htmlReport } from "./html.ts";
import { drill, long, recorded, short, unbegun, type Recorded } from "./report.fixture.ts";
import { timelineOf } from "./timeline.ts";

const mostBytes = 200 * 1_024;
const pageOf = ({ result, runs, spec }: Recorded): string => htmlReport(drill, result, runs, spec, "cordon");
const quick = recorded();

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("'", "&#39;");
/** The words of a page, without its tags, style sheet and script. */
const wordsOf = (page: string): string =>
  page
    .replaceAll(/<(style|script)>.*?<\/\1>/gs, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ");

interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Names of the elements it stands in. */
  readonly within: readonly string[];
}

const empty = new Set(["meta", "input", "link", "br", "hr", "img"]);

/** Every element of a page, in order. Throws at a tag that closes what is not open. */
function elementsOf(page: string): readonly Tag[] {
  const open: string[] = [];
  const elements: Tag[] = [];
  const body = page.replaceAll(/<(style|script)>.*?<\/\1>/gs, "<$1></$1>").replace("<!doctype html>", "");
  const tags = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:\s*=\s*"[^"]*")?)*)\s*(\/?)>|(<)/g;
  for (const [text, closing, name = "", attributes = "", selfClosing, stray] of body.matchAll(tags)) {
    if (stray !== undefined) throw new Error("a < that begins no tag");
    if (closing === "/") {
      const last = open.pop();
      if (last !== name) throw new Error(`${text} closes ${last}`);
      continue;
    }
    const pairs = [...attributes.matchAll(/([\w:-]+)(?:\s*=\s*"([^"]*)")?/g)].map(
      ([, key = "", value = ""]) => [key, value] as const,
    );
    if (new Set(pairs.map(([key]) => key)).size !== pairs.length) throw new Error(`${text} repeats an attribute`);
    elements.push({ name, attributes: new Map(pairs), within: [...open] });
    if (selfClosing !== "/" && !empty.has(name)) open.push(name);
  }
  if (open.length > 0) throw new Error(`${open.join()} never closed`);
  return elements;
}

const wide = recorded({
  profile: { ...long, partitions: 64, faultSeconds: 900, signInPerSecond: 20, mailPerSecond: 20 },
});

test("a long run of many partitions stays within 200 KB", () => {
  for (const run of [wide, recorded({ profile: long })]) expect(Buffer.byteLength(pageOf(run))).toBeLessThan(mostBytes);
});

test("thousands of different events stay within 200 KB, and the page says how many it leaves out", () => {
  const { result, runs, spec } = wide;
  const events = Array.from({ length: 5_000 }, (_, index) => ({
    atMs: index * 180,
    source: "auth",
    kind: (["instance-red", "instance-ejected", "instance-readmitted"] as const)[index % 3] ?? "instance-red",
    partition: "p3",
    instance: `p${index % 999}${"abcdefgh"[index % 8]}`,
    detail: "seen by its callers",
  }));
  const page = pageOf({ result: { ...result, sides: result.sides.map((side) => ({ ...side, events })) }, runs, spec });
  expect(Buffer.byteLength(page)).toBeLessThan(mostBytes);
  expect(wordsOf(page)).toMatch(/[\d,]+ later rows stand in result\.json/);
});

test("nothing in the page leads out of it", () => {
  const page = pageOf(quick);
  expect(page).not.toMatch(/https?:|\bsrc\s*=|@import|<link|<iframe|\bfetch\(|XMLHttpRequest|WebSocket|\/\/[a-z]/i);
  expect([...page.matchAll(/url\(([^)]*)\)/g)].map(([, where]) => where)).toEqual(["#stripes"]);
  for (const { attributes } of elementsOf(page)) expect(attributes.get("href") ?? "#").toMatch(/^#/);
});

test("the page forbids itself everything but its own style sheet and its own script", () => {
  const page = pageOf(quick);
  const print = (element: string): string => {
    const text = new RegExp(`<${element}>(.*?)</${element}>`, "s").exec(page)?.[1] ?? "";
    return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  };
  expect(page.match(/<style/g)).toHaveLength(1);
  expect(page.match(/<script/g)).toHaveLength(1);
  expect(page).toContain(
    `content="default-src 'none'; style-src ${print("style")}; script-src ${print("script")}; base-uri 'none'; form-action 'none'"`.replaceAll(
      "'",
      "&#39;",
    ),
  );
  expect(page).not.toMatch(/\sstyle="|\son\w+="/);
});

test("text from outside never becomes part of the page", () => {
  const hostile = `</script><img src=x onerror="alert(1)">'"&`;
  const { result, runs, spec } = recorded({ injected: hostile });
  const poison = <Value>(value: Value): Value => (typeof value === "string" ? `${value}${hostile}` : value) as Value;
  const poisoned: Result = {
    ...result,
    drill: poison(result.drill),
    seed: poison(result.seed),
    reason: poison(result.reason),
    startedAt: poison(result.startedAt),
    baseline: poison("off"),
    candidate: poison("on"),
    cordon: { version: poison("1"), commit: hostile },
    host: { ...result.host, node: hostile, platform: hostile },
    config: { ...result.config, digest: hostile },
    sides: result.sides.map((side) => ({
      ...side,
      preset: poison(side.preset),
      disabled: [hostile],
      limits: side.limits.map((limit) => ({ ...limit, title: poison(limit.title) })),
      events: side.events.map((event) => ({ ...event, partition: hostile, instance: hostile, detail: hostile })),
    })),
  };
  const hostileDrill: Drill = { ...drill, title: hostile, incident: hostile };
  const hostileRuns = runs.map((run) => ({
    ...run,
    preset: poison(run.preset),
    history: run.history.map((record) => (record.type === "queue" ? { ...record, partition: hostile } : record)),
  }));
  const page = htmlReport(hostileDrill, poisoned, hostileRuns, { ...spec, failedPartition: hostile }, hostile);
  expect(page).not.toContain("<img");
  expect(page).not.toContain(`onerror="`);
  expect(page.match(/<\/script>/g)).toHaveLength(1);
  expect(() => elementsOf(page)).not.toThrow();
});

test("every limit is there with its bound and both sides' figures, and so is every row of the timeline", () => {
  const { result, runs, spec } = quick;
  const words = wordsOf(pageOf(quick));
  for (const limit of result.sides.flatMap((side) => side.limits)) {
    expect(words).toContain(limit.title);
    expect(words).toContain(escaped(bound(limit)));
    expect(words).toContain(`${measured(limit.measured, limit.unit)} ${limit.measured === null ? "no figure " : ""}`);
    expect(words).toContain(limit.held ? "✓ held" : "✗ broken");
  }
  for (const run of runs) {
    const side = result.sides.find(({ preset }) => preset === run.preset);
    const rows = side === undefined ? [] : timelineOf(side, run, spec);
    expect(rows.length).toBeGreaterThan(2);
    for (const { text } of rows) expect(words).toContain(escaped(text));
  }
});

test("the verdict comes first, in a word, with its reason and the control", () => {
  const words = wordsOf(pageOf(quick));
  expect(words).toMatch(/One directory partition goes silent HELD Every limit held\./);
  expect(words).toContain("off broke 2 limits on harm to others: the drill is valid.");
  expect(words.indexOf("HELD Every limit held")).toBeLessThan(words.indexOf("The hypothesis"));
});

test("each verdict has a shape of its own", () => {
  const shapes = (["held", "refuted", "invalid", "aborted", "exploratory"] as const).map((verdict) => {
    const page = pageOf({ ...quick, result: { ...quick.result, verdict } });
    return /<h2 id="verdict">.*?<path d="([^"]+)"/s.exec(page)?.[1];
  });
  expect(new Set(shapes).size).toBe(5);
  expect(shapes).not.toContain(undefined);
});

test("the page is well formed: landmarks, headings in order, unique ids, scoped headers, named drawings", () => {
  const page = pageOf(quick);
  const elements = elementsOf(page);
  const named = (name: string): readonly Tag[] => elements.filter((element) => element.name === name);
  for (const landmark of ["header", "nav", "main", "footer", "h1"]) expect(named(landmark)).toHaveLength(1);
  const levels = elements.flatMap(({ name }) => (/^h[1-6]$/.test(name) ? [Number(name[1])] : []));
  for (const [index, level] of levels.entries()) expect(level).toBeLessThanOrEqual((levels[index - 1] ?? 0) + 1);
  const ids = elements.flatMap(({ attributes }) => attributes.get("id") ?? []);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { attributes } of elements) {
    for (const key of ["aria-labelledby", "for"])
      for (const id of attributes.get(key)?.split(" ") ?? []) expect(ids).toContain(id);
  }
  const targets = elements.flatMap(({ attributes }) => attributes.get("href")?.slice(1) ?? []);
  for (const target of targets) expect(ids).toContain(target);
  for (const { attributes } of named("th")) expect(attributes.get("scope")).toMatch(/^(col|row|colgroup|rowgroup)$/);
  for (const { attributes, within } of named("svg"))
    expect(attributes.get("role") === "img" || attributes.get("aria-hidden") === "true" || within.includes("svg")).toBe(
      true,
    );
  expect(named("desc").length).toBe(elements.filter(({ attributes }) => attributes.get("role") === "img").length);
});

test("the cursor can be reached by keyboard, speaks, and is not seen without a script", () => {
  const elements = elementsOf(pageOf(quick));
  const byId = (id: string): ReadonlyMap<string, string> | undefined =>
    elements.find(({ attributes }) => attributes.get("id") === id)?.attributes;
  expect(byId("cursor")?.has("hidden")).toBe(true);
  expect(byId("moment")?.get("type")).toBe("range");
  expect(byId("moment")?.get("max")).toBe("27");
  expect(byId("spoken")?.get("aria-live")).toBe("polite");
  const panels = elements.filter(({ attributes }) => attributes.has("data-figures"));
  expect(panels).toHaveLength(10);
  for (const { attributes } of panels) {
    const lists = attributes.get("data-figures")?.split(";") ?? [];
    expect(lists).toHaveLength(attributes.get("data-labels")?.split("|").length ?? 0);
    for (const list of lists) expect(list.split("|")).toHaveLength(28);
  }
});

test("service level shows the worst tenant beside the fleet, each with its credit", () => {
  const { result, runs, spec } = quick;
  const sla = {
    transientSeconds: 12,
    sustainedShare: 0.125,
    worstTenant: 0.9875,
    fleet: 0.9984,
    creditWorstTenant: 0.5,
    creditFleet: 0.25,
  };
  const words = wordsOf(
    pageOf({ result: { ...result, sides: result.sides.map((side) => ({ ...side, sla })) }, runs, spec }),
  );
  expect(words).toMatch(/worst tenant: uptime 98\.750 % 98\.750 %/);
  expect(words).toMatch(/worst tenant: credit 50\.0 % 50\.0 %/);
  expect(words).toMatch(/fleet: uptime 99\.840 % 99\.840 %/);
  expect(words).toContain("a fleet’s average hides a tenant’s outage");
});

test.each([
  ["a run of one side", recorded({ sides: ["on"] }), 5],
  ["a run cut short before any side began", { ...quick, runs: [], result: { ...quick.result, sides: [] } }, 0],
  ["a side with no history", { ...quick, runs: quick.runs.map((run) => ({ ...run, history: [] })) }, 10],
])(
  "%s still makes a well-formed page",
  (_, run: { result: Result; runs: Recorded["runs"]; spec: DrillSpec }, panels) => {
    const elements = elementsOf(pageOf(run));
    expect(elements.filter(({ attributes }) => attributes.has("data-figures"))).toHaveLength(panels);
  },
);

test("the command it names has what was not the default", () => {
  const { result } = quick;
  const changed: Result = {
    ...result,
    config: { ...result.config, ...drill.profiles.quick, partitions: 6, warmSeconds: 9 },
    sides: result.sides.map((side) => (side.preset === "on" ? { ...side, disabled: ["failover", "hedge"] } : side)),
  };
  expect(wordsOf(pageOf({ ...quick, result: changed }))).toContain(
    "cordon drill 2014-06-directory-partition --variant partition --profile quick --off failover,hedge --set partitions=6 --set warmSeconds=9 --seed 7f3a",
  );
  const alone = recorded({ sides: ["on"], profile: { ...short, ...drill.profiles.quick } });
  expect(wordsOf(pageOf(alone))).toContain("--profile quick --sides on --seed 7f3a");
  expect(count(1_234)).toBe("1,234");
});

test("a run that ended before anything was broken tells what happened and why: no table, and not what was drawn", () => {
  const page = pageOf(unbegun("halted by cordon drill halt; an operator isolated p2 before the fault"));
  const elements = elementsOf(page);
  expect(elements.filter(({ name }) => name === "table")).toEqual([]);
  const words = wordsOf(page);
  expect(words).toContain("Halted by cordon drill halt; an operator isolated p2 before the fault.");
  expect(words).not.toMatch(/Here:|\bp[134]\b|stops answering|frozen|hang/);
  expect(words).toContain("cordon drill 2014-06-directory-partition --profile quick --hands-on");
  const targets = elements.flatMap(({ attributes }) => attributes.get("href")?.slice(1) ?? []);
  expect(elements.flatMap(({ attributes }) => attributes.get("id") ?? [])).toEqual(expect.arrayContaining(targets));
});

test("a sentence begins as sentences do, and the name of a partition, a side or a figure keeps its case", () => {
  const said = (more: Partial<Result>): string => wordsOf(pageOf({ ...quick, result: { ...quick.result, ...more } }));
  const handsOn: HandsOn = {
    partition: "p2",
    operatorTtdMs: null,
    operatorTtiMs: null,
    orders: [],
    leaseMs: 300_000,
    healedBy: "lease",
  };
  expect(said({ reason: "every limit held", handsOn })).toMatch(
    /Every limit held\. .* off broke 2 limits.* p2 had failed: /,
  );
  expect(said({ reason: "hurt-outside>20%: it was 21.0 %" })).toContain(" hurt-outside&gt;20%: it was 21.0 %.");
});
