import { describe, expect, test } from "vitest";
import type { Result } from "@cordon/model";
import { junitText } from "./junit.ts";
import { recorded } from "./report.fixture.ts";

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** Reads the small part of XML that is written; throws for whatever is not well formed in it. */
function parse(xml: string): Element {
  const root: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  const inner = (): Element => open.at(-1) ?? root;
  const pattern = /<(\/?)([a-z][\w-]*)((?: [a-z]+="[^"<]*")*)(\/?)>|<\?[^>]*\?>|([^<]+)/gy;
  let end = 0;
  for (const { 0: all, 1: closing, 2: name, 3: words = "", 4: empty, 5: text } of xml.matchAll(pattern)) {
    end += all.length;
    if (text !== undefined) inner().text += unescaped(text);
    else if (name !== undefined && closing === "/") {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes another element`);
    } else if (name !== undefined) {
      const attributes = [...words.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [
        key,
        unescaped(value),
      ]);
      const element: Element = {
        name,
        attributes: Object.fromEntries(attributes) as Record<string, string>,
        children: [],
        text: "",
      };
      inner().children.push(element);
      if (empty !== "/") open.push(element);
    }
  }
  const [only, ...others] = root.children;
  if (end !== xml.length || open.length !== 1 || only === undefined || others.length > 0)
    throw new Error(`not well formed at ${end}: ${xml.slice(end, end + 40)}`);
  return only;
}

function unescaped(text: string): string {
  if (/&(?!amp;|lt;|gt;|quot;)/.test(text)) throw new Error(`an entity that nobody knows in ${text}`);
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

interface Shape {
  readonly required: Readonly<Record<string, RegExp>>;
  readonly optional: readonly string[];
  /** Names of the children, each followed by a blank. */
  readonly children: RegExp;
}

const anything = /^[^]*$/;
const count = /^\d+$/;
const decimal = /^\d+(?:\.\d+)?$/;
/** What Ant's schema for JUnit and that of Jenkins' plugin both accept: each element, by the stricter of the two. */
const shapes: Readonly<Record<string, Shape>> = {
  testsuites: { required: {}, optional: [], children: /^(?:testsuite )*$/ },
  testsuite: {
    required: {
      package: anything,
      id: count,
      name: /\S/,
      timestamp: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/,
      hostname: /\S/,
      tests: count,
      failures: count,
      errors: count,
      time: decimal,
    },
    optional: ["skipped"],
    children: /^properties (?:testcase )*system-out system-err $/,
  },
  properties: { required: {}, optional: [], children: /^(?:property )*$/ },
  property: { required: { name: /\S/, value: anything }, optional: [], children: /^$/ },
  testcase: {
    required: { name: /\S/, classname: /\S/, time: decimal },
    optional: [],
    children: /^(?:skipped |error |failure )?$/,
  },
  skipped: { required: {}, optional: ["message"], children: /^$/ },
  error: { required: { type: /\S/ }, optional: ["message"], children: /^$/ },
  failure: { required: { type: /\S/ }, optional: ["message"], children: /^$/ },
  "system-out": { required: {}, optional: [], children: /^$/ },
  "system-err": { required: {}, optional: [], children: /^$/ },
};

function breachesIn({ name, attributes, children }: Element): readonly string[] {
  const shape = shapes[name];
  if (shape === undefined) return [`there is no element ${name}`];
  const missing = Object.entries(shape.required).flatMap(([key, form]) =>
    form.test(attributes[key] ?? "\u0000missing") && key in attributes
      ? []
      : [`${name} has no such ${key}: ${attributes[key]}`],
  );
  const unknown = Object.keys(attributes).filter((key) => !(key in shape.required) && !shape.optional.includes(key));
  const names = children.map((child) => `${child.name} `).join("");
  return [
    ...missing,
    ...unknown.map((key) => `${name} has ${key}`),
    ...(shape.children.test(names) ? [] : [`${name} holds ${names}`]),
    ...children.flatMap(breachesIn),
  ];
}

const { result } = recorded();
const broken: Result = {
  ...result,
  verdict: "refuted",
  reason: 'broke "tti" & <more>\u0007',
  exitCode: 4,
  sides: result.sides.map((side) =>
    side.preset === "off"
      ? side
      : {
          ...side,
          limits: side.limits.map((limit) => (limit.id === "tti" ? { ...limit, measured: 1_400, held: false } : limit)),
        },
  ),
};

const suitesIn = (results: readonly Result[]): readonly Element[] => parse(junitText(results)).children;

describe("JUnit's XML", () => {
  test("has the shape that both schemas in use ask for", () => {
    expect(breachesIn(parse(junitText([result, broken])))).toEqual([]);
    expect(breachesIn(parse(junitText([])))).toEqual([]);
  });

  test("is held to it: what is missing, unknown or out of place is seen", () => {
    const text = junitText([broken]);
    for (const flaw of [
      text.replace(/ hostname="[^"]*"/, ""),
      text.replace("<testcase ", '<testcase colour="red" '),
      text.replace("    <system-out/>\n", ""),
      text.replace(/ timestamp="[^"]*"/, ' timestamp="today"'),
    ])
      expect(breachesIn(parse(flaw))).toHaveLength(1);
    expect(() => parse(text.replace("</testsuite>", ""))).toThrow("closes another element");
  });

  test("has a suite for the verdict and one a side, with a case a limit", () => {
    const [verdict, off, on] = suitesIn([result]);
    expect(verdict?.attributes).toMatchObject({ tests: "1", failures: "0", errors: "0" });
    const [control, candidate] = result.sides;
    for (const [suite, side] of [
      [off, control],
      [on, candidate],
    ] as const)
      expect(suite?.attributes["tests"]).toBe(String(side?.limits.length));
    expect(on?.attributes).toMatchObject({ failures: "0", skipped: "0", time: "31" });
  });

  test("skips what the baseline was held to, and says what was measured", () => {
    const [, off] = suitesIn([result]);
    const [first] = (off?.children ?? []).filter(({ name }) => name === "testcase");
    expect(off?.attributes).toMatchObject({ failures: "0", skipped: off?.attributes["tests"] });
    expect(first?.children[0]).toMatchObject({ name: "skipped" });
    expect(first?.children[0]?.attributes["message"]).toMatch(/measured .+ %, limit <= 0\.1 %, broken$/);
  });

  test("fails a limit that the candidate broke, with what was measured against it, and the verdict with its reason", () => {
    const [verdict, , on] = suitesIn([broken]);
    const failed = on?.children.flatMap(({ children }) => children).find(({ name }) => name === "failure");
    expect(failed).toMatchObject({
      attributes: { message: "measured 1.4 s, limit <= 1.0 s", type: "mechanism" },
      text: "measured 1.4 s, limit <= 1.0 s",
    });
    expect(verdict?.children[1]?.children[0]).toMatchObject({
      name: "failure",
      attributes: { type: "refuted", message: 'broke "tti" & <more> ' },
    });
  });

  test.each(["invalid", "aborted"] as const)("calls a run that is %s an error and no failure", (verdict) => {
    const [suite] = suitesIn([{ ...result, verdict, exitCode: 5 }]);
    expect(suite?.attributes).toMatchObject({ errors: "1", failures: "0" });
  });
});
