/**
 * Results as JUnit's XML, for whatever draws test reports: a suite a side, a case a limit, and a suite for each verdict. A
 * broken limit of the judged side is a failure. The baseline is there to break limits, so its cases are skipped and say what
 * was measured: a build must not turn red because its control worked. JUnit has no standard; what is written satisfies both
 * schemas in wide use, Ant's and that of Jenkins' plugin, which is why every suite has a host name, two empty outputs and a
 * time stamp without a zone (it is UTC).
 */
import { exitCodes } from "@cordon/measure";
import type { LimitResult, Result, Side } from "@cordon/model";
import { bound, measured } from "./format.ts";
import { judgedSide, nameOf, sidesInOrder } from "./sides.ts";

interface Case {
  readonly name: string;
  readonly ending:
    | { readonly kind: "passed" }
    | { readonly kind: "skipped"; readonly message: string }
    | { readonly kind: "failure" | "error"; readonly type: string; readonly message: string };
}

interface Suite {
  readonly result: Result;
  /** The side, or `verdict`. */
  readonly about: string;
  readonly seconds: number;
  readonly cases: readonly Case[];
}

/** The text of the file. */
export function junitText(results: readonly Result[]): string {
  const suites = results.flatMap((result) => [
    verdictSuite(result),
    ...sidesInOrder(result).map((side) => sideSuite(result, side)),
  ]);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    ...suites.flatMap(suiteLines),
    "</testsuites>",
    "",
  ].join("\n");
}

function verdictSuite(result: Result): Suite {
  const { verdict, reason, exitCode } = result;
  const isUnproven = verdict === "invalid" || verdict === "aborted";
  const ending: Case["ending"] =
    exitCode === exitCodes.held
      ? { kind: "passed" }
      : { kind: isUnproven ? "error" : "failure", type: verdict, message: reason };
  return { result, about: "verdict", seconds: 0, cases: [{ name: `the drill is ${verdict}`, ending }] };
}

function sideSuite(result: Result, side: Side): Suite {
  const isJudged = side === judgedSide(result);
  const cases = side.limits.map((limit): Case => ({
    name: `${limit.title} ${bound(limit)}`,
    ending: endingOf(limit, isJudged),
  }));
  return { result, about: nameOf(side), seconds: scheduleSeconds(result), cases };
}

function endingOf(limit: LimitResult, isJudged: boolean): Case["ending"] {
  const found = `measured ${measured(limit.measured, limit.unit)}, limit ${bound(limit)}`;
  if (!isJudged)
    return { kind: "skipped", message: `the baseline is not judged: ${found}, ${limit.held ? "held" : "broken"}` };
  return limit.held ? { kind: "passed" } : { kind: "failure", type: limit.class, message: found };
}

/** How long a side was loaded and measured; a limit has no time of its own. */
const scheduleSeconds = ({ config }: Result): number =>
  (config.warmSeconds ?? 0) + (config.steadySeconds ?? 0) + config.faultSeconds + (config.recoverySeconds ?? 0);

function suiteLines({ result, about, seconds, cases }: Suite, id: number): readonly string[] {
  const { drill, variant, seed, profile, store, startedAt, verdict } = result;
  const of = (kind: Case["ending"]["kind"]): number => cases.filter(({ ending }) => ending.kind === kind).length;
  const head = attributes({
    id,
    package: `cordon.${drill}`,
    name: `${drill} ${variant} ${seed}: ${about}`,
    timestamp: startedAt.slice(0, "2026-11-20T09:00:00".length),
    hostname: "localhost",
    tests: cases.length,
    failures: of("failure"),
    errors: of("error"),
    skipped: of("skipped"),
    time: seconds,
  });
  const facts = { variant, seed, profile, store, verdict };
  return [
    `  <testsuite${head}>`,
    "    <properties>",
    ...Object.entries(facts).map(([name, value]) => `      <property${attributes({ name, value })}/>`),
    "    </properties>",
    ...cases.map((one) => `    ${caseText(one, `cordon.${drill}.${variant}.${about}`)}`),
    "    <system-out/>",
    "    <system-err/>",
    "  </testsuite>",
  ];
}

function caseText({ name, ending }: Case, classname: string): string {
  const head = `<testcase${attributes({ name, classname, time: 0 })}`;
  switch (ending.kind) {
    case "passed":
      return `${head}/>`;
    case "skipped":
      return `${head}><skipped${attributes({ message: ending.message })}/></testcase>`;
    case "failure":
    case "error": {
      const { kind, message, type } = ending;
      return `${head}><${kind}${attributes({ message, type })}>${escaped(message)}</${kind}></testcase>`;
    }
  }
}

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join("");

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text that neither ends its place nor is refused: XML 1.0 has no place for most control characters, escaped or not. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, " ")
    .replaceAll(/[&<>"]/g, (sign) => entities[sign] ?? sign);
