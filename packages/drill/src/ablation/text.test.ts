import { expect, test } from "vitest";
import type { ProtectionId } from "@cordon/model";
import { directoryPartition2014 as drill } from "../incidents/2014-06-directory-partition.ts";
import { accountOf, type Ablation } from "./account.ts";
import type { Figures, SideFound } from "./judge.ts";
import { ablationPlanText, planAblation } from "./plan.ts";
import { nameOfStep, type Step } from "./step.ts";
import { nextStep } from "./steps.ts";
import { flagshipAblation } from "./table.ts";
import { ablationMarkdown, ablationText } from "./text.ts";

const figures: Figures = {
  hurtOutside: 0,
  hurtInside: 0.1,
  mailDelayOutsideP95Ms: 90,
  ttdMs: 300,
  ttiMs: 500,
  failoverMs: 7_000,
  ttrMs: 0,
  amplification: 1.05,
};
const broken: Readonly<Record<string, readonly string[]>> = {
  failover: ["failover"],
  "retry-budget,isolation": ["amplification", "hurt-outside"],
};
/** With everything the host takes a point more every other time; the hedge takes eight points, the others half a point. */
const ownShareOf = ({ without, run }: Step): number =>
  without.length === 0 ? 0.36 + (run % 2) / 100 : without.includes("hedge") ? 0.285 : 0.36;

const found = (step: Step, position: number): SideFound => ({
  name: nameOfStep(step),
  step,
  startedAt: new Date(position * 40_000).toISOString(),
  verdict: "held",
  reason: "",
  isSound: true,
  broken:
    step.side === "baseline" ? ["hurt-outside", "mail-delay-outside-p95", "tti"] : (broken[step.without.join()] ?? []),
  figures: { ...figures, hurtInside: step.without.includes("hedge") ? 0.25 : figures.hurtInside },
  ownShare: ownShareOf(step),
});

const { quick } = drill.profiles;
const about = { cordon: { version: "0.1.0", commit: null }, drill, seed: "s", profile: quick, store: "lmdb" as const };

/** An ablation of the flagship by stand-ins, cut short after so many sides. */
function ablationOf(sides: number): Ablation {
  const seen = new Map<string, SideFound>();
  for (let done = 0; done < sides; done++) {
    const step = nextStep(flagshipAblation, 1, seen);
    if (step === undefined) break;
    seen.set(nameOfStep(step), found(step, done));
  }
  return accountOf(flagshipAblation, 1, about, seen, null);
}

const rowOf = (text: string, name: string): string | undefined =>
  text.split("\n").find((line) => line.startsWith(name));
const widthOf = (text: string): number => Math.max(...text.split("\n").map(({ length }) => length));

test("the matrix has a row for each side and a column for each variant, in 80 columns", () => {
  const text = ablationText(ablationOf(1_000));
  expect(widthOf(text)).toBeLessThanOrEqual(80);
  expect(rowOf(text, "off")).toMatch(/^off +HMI +HMI +HMI +HMI$/);
  expect(rowOf(text, "on, with everything")).toMatch(/ok +ok +ok +ok$/);
  expect(rowOf(text, "without failover")).toMatch(/^without failover +F +F$/);
  expect(rowOf(text, "without retry-budget, isolation")).toMatch(/ HA$/);
});

test("below it stands what that says of each protection", () => {
  const text = ablationText(ablationOf(1_000));
  expect(text).toContain("failover      missed alone\n              partition: failover\n");
  expect(text).toContain(
    "isolation     missed with retry-budget\n              partition: amplification, hurt-outside",
  );
  expect(text).toMatch(/^hedge +redundant here\n +costs 8\.0 points of all cores, noise 1\.0$/m);
  expect(text).toMatch(/^fence +redundant here\n +cost within the noise of 1\.0 points$/m);
  expect(text).not.toContain("--resume");
});

test("one that was cut short says what is not known, and how to go on", () => {
  const text = ablationText(ablationOf(3));
  expect(text).toMatch(/^fence +not known\n +no sound run with everything in instance$/m);
  expect(text).toContain("--resume");
});

test("the document's tables say what was measured where nothing broke", () => {
  const text = ablationMarkdown(ablationOf(1_000));
  expect(rowOf(text, "| `hedge`")).toMatch(
    /^\| `hedge` \| redundant here \| `instance` hurt inside 10\.0 % -> 25\.0 %, CPU 36\.5 % -> 28\.5 %; /,
  );
  expect(rowOf(text, "| `hedge`")).toMatch(/\| costs 8\.0 points of all cores, noise 1\.0 \|$/);
  expect(rowOf(text, "| `ramp`")).toMatch(/\| cost within the noise of 1\.0 points \|$/);
  expect(rowOf(text, "| `failover`")).toContain("| missed alone | `partition`: failover");
  const rows = flagshipAblation.protections.map(({ id }: { id: ProtectionId }) => rowOf(text, `| \`${id}\` |`));
  expect(rows.filter((row) => row === undefined)).toEqual([]);
});

test("the plan names every side and how long they take, and that nothing is started", () => {
  const plan = planAblation(flagshipAblation, 1, { drill, seed: "s", profile: quick, out: "out/x" });
  expect(plan.sides).toContain("partition-without-deadline-1");
  expect(plan.sides).toContain("partition-on-4");
  expect(plan.pairs).toContain("partition-without-breaker-bulkhead-1");
  expect(plan.expectedSeconds).toEqual({
    least: plan.sides.length * 40,
    most: (plan.sides.length + plan.pairs.length) * 40,
  });
  const text = ablationPlanText(plan);
  expect(text).toContain("DRY RUN    nothing is started\n");
  expect(widthOf(text)).toBeLessThanOrEqual(80);
});
