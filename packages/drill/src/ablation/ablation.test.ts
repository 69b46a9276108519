import { describe, expect, test } from "vitest";
import { protectionIds, type ProtectionId } from "@cordon/model";
import { limitsOf } from "@cordon/measure";
import { directoryPartition2014 as drill } from "../incidents/2014-06-directory-partition.ts";
import { judgeAblation, type Seen, type SideFound } from "./judge.ts";
import { nameOfStep, type Step } from "./step.ts";
import { firstSteps, limitsIn, mostSteps, nextStep, pairSteps } from "./steps.ts";
import { flagshipAblation, variantsOf, type AblationTable } from "./table.ts";

const table: AblationTable = {
  drill: "d",
  protections: [
    { id: "deadline", variants: ["v", "w"], because: "" },
    { id: "bulkhead", variants: ["v"], because: "" },
    { id: "breaker", variants: ["v"], because: "" },
  ],
  backstops: [
    { pair: ["breaker", "bulkhead"], because: "" },
    { pair: ["deadline", "bulkhead"], because: "" },
  ],
  alsoHeld: {},
};

/** What a side comes to, as a stand-in: the limits it breaks; undefined: it is not sound. */
type StandIn = (step: Step) => readonly string[] | undefined;

const found = (step: Step, broken: readonly string[] | undefined): SideFound => ({
  name: nameOfStep(step),
  step,
  startedAt: "2026-01-01T00:00:00.000Z",
  verdict: broken === undefined ? "invalid" : "held",
  reason: "",
  isSound: broken !== undefined,
  broken: broken ?? [],
  figures: null,
  ownShare: null,
});

/** Plays an ablation to its end. */
function play(standIn: StandIn, times = 1): { readonly seen: Seen; readonly names: readonly string[] } {
  const seen = new Map<string, SideFound>();
  for (let done = 0; done <= mostSteps(table, times); done++) {
    const step = nextStep(table, times, seen);
    if (step === undefined) return { seen, names: [...seen.keys()] };
    seen.set(nameOfStep(step), found(step, standIn(step)));
  }
  throw new Error("an ablation did not come to its end");
}

const without = (step: Step): string => step.without.join();
const judgementOn = (id: ProtectionId, seen: Seen) =>
  judgeAblation(table, seen).find((judged) => judged.id === id)?.judgement;

describe("an ablation", () => {
  test("runs baseline, each alone between two with everything in every variant, then the pairs of those that nobody missed", () => {
    const { names } = play((step) => (without(step) === "deadline" ? ["ttd"] : []));
    expect(names).toEqual([
      "v-off",
      "v-on-1",
      "v-without-deadline-1",
      "v-without-bulkhead-1",
      "v-without-breaker-1",
      "v-on-2",
      "w-off",
      "w-on-1",
      "w-without-deadline-1",
      "w-on-2",
      "v-without-breaker-bulkhead-1",
      "v-without-deadline-bulkhead-1",
    ]);
  });

  test("runs no pair when each is missed alone", () => {
    const { names } = play((step) => (step.without.length === 1 ? ["ttd"] : []));
    expect(names).toHaveLength(10);
  });

  test("takes each away as often as it was told, in rounds, and runs the baselines once", () => {
    const { names } = play(() => [], 2);
    const alone = ["deadline", "bulkhead", "breaker"];
    expect(names.slice(0, 10)).toEqual([
      "v-off",
      "v-on-1",
      ...alone.map((id) => `v-without-${id}-1`),
      "v-on-2",
      ...alone.map((id) => `v-without-${id}-2`),
      "v-on-3",
    ]);
    expect(names.filter((name) => name.endsWith("-off"))).toHaveLength(2);
  });

  test("begins each variant with the same sides however often it is told to run them", () => {
    const inVariant = (variant: string, times: number): readonly string[] =>
      firstSteps(flagshipAblation, times)
        .filter((step) => step.variant === variant)
        .map(nameOfStep);
    for (const variant of variantsOf(flagshipAblation)) {
      const once = inVariant(variant, 1);
      expect(inVariant(variant, 3).slice(0, once.length)).toEqual(once);
    }
  });

  test("runs four sides at most between two with everything, and ends a variant with one", () => {
    for (const times of [1, 3]) {
      for (const variant of variantsOf(flagshipAblation)) {
        const [, ...candidates] = firstSteps(flagshipAblation, times).filter((step) => step.variant === variant);
        const marks = candidates.map((step) => (step.without.length === 0 ? "|" : "x")).join("");
        expect(marks).toMatch(/^\|(x{1,4}\|)+$/);
      }
    }
  });

  test("goes on where it was, whatever part of it is there already", () => {
    const { seen } = play(() => []);
    const names = [...seen.keys()];
    for (const missing of names) {
      const rest = new Map([...seen].filter(([name]) => name !== missing));
      const step = nextStep(table, 1, rest);
      expect(step === undefined ? undefined : nameOfStep(step)).toBe(missing);
    }
  });
});

describe("a protection", () => {
  test("is missed alone where its absence breaks what is held with everything", () => {
    const { seen } = play((step) => (without(step) === "deadline" && step.variant === "w" ? ["ttd", "tti"] : []));
    expect(judgementOn("deadline", seen)).toEqual({
      kind: "missed alone",
      broke: [{ variant: "w", limits: ["ttd", "tti"] }],
    });
  });

  test("is not missed for a limit that is broken with everything too", () => {
    const { seen } = play(() => ["ttr"]);
    expect(judgementOn("deadline", seen)).toEqual({ kind: "redundant here" });
  });

  test("is missed with another when both absences break what neither breaks alone", () => {
    const { seen } = play((step) => (without(step) === "breaker,bulkhead" ? ["hurt-outside"] : []));
    const broke = [{ variant: "v", limits: ["hurt-outside"] }];
    expect(judgementOn("breaker", seen)).toEqual({ kind: "missed with", other: "bulkhead", broke });
    expect(judgementOn("bulkhead", seen)).toEqual({ kind: "missed with", other: "breaker", broke });
    expect(judgementOn("deadline", seen)).toEqual({ kind: "redundant here" });
  });

  test("is not missed with another that is missed alone for the same limit", () => {
    const { seen } = play((step) => (step.without.includes("deadline") ? ["ttd"] : []));
    expect(judgementOn("bulkhead", seen)).toEqual({ kind: "redundant here" });
  });

  test.each(["v-on-", "v-without-breaker-1", "v-without-breaker-bulkhead-1"])(
    "is not judged while no %s was sound",
    (name) => {
      const { seen } = play((step) => (nameOfStep(step).startsWith(name) ? undefined : []));
      expect(judgementOn("breaker", seen)?.kind).toBe("not known");
    },
  );

  test("is judged by what most of the sound runs broke", () => {
    const { seen } = play((step) => {
      if (without(step) === "deadline" && step.variant === "w") return step.run < 3 ? ["ttd"] : [];
      if (without(step) === "bulkhead") return step.run === 1 ? ["ttd"] : [];
      return without(step) === "breaker" && step.run > 1 ? undefined : [];
    }, 3);
    expect(judgementOn("deadline", seen)?.kind).toBe("missed alone");
    expect(judgementOn("bulkhead", seen)?.kind).toBe("redundant here");
    expect(judgementOn("breaker", seen)?.kind).toBe("redundant here");
  });

  test("is missed only for what most of the runs with everything held", () => {
    const { seen } = play((step) => {
      if (step.without.length === 0) return step.run === 1 ? ["ttd"] : [];
      return without(step) === "deadline" ? ["ttd"] : [];
    }, 2);
    expect(judgementOn("deadline", seen)).toEqual({
      kind: "missed alone",
      broke: [
        { variant: "v", limits: ["ttd"] },
        { variant: "w", limits: ["ttd"] },
      ],
    });
  });
});

describe("the table of the flagship", () => {
  const ids = drill.variants.map(({ id }) => id);

  test("has every protection once, in variants that there are", () => {
    expect(flagshipAblation.drill).toBe(drill.id);
    expect(flagshipAblation.protections.map(({ id }) => id)).toEqual(protectionIds);
    expect(variantsOf(flagshipAblation).filter((variant) => !ids.includes(variant))).toEqual([]);
  });

  test("has only pairs that are tried in a variant of both, so that each is run", () => {
    const tried = new Set(pairSteps(flagshipAblation, 1, new Map()).map(({ without: pair }) => pair.join()));
    expect(flagshipAblation.backstops.map(({ pair }) => pair.join()).filter((pair) => !tried.has(pair))).toEqual([]);
  });

  test("gives each side a name of its own", () => {
    const names = [...firstSteps(flagshipAblation, 2), ...pairSteps(flagshipAblation, 2, new Map())].map(nameOfStep);
    expect(new Set(names).size).toBe(names.length);
  });

  test("asks more of a variant only where it does not ask it already", () => {
    for (const { id, limits } of drill.variants) {
      const held = limitsOf(limitsIn(flagshipAblation, id, limits([]))).map((limit) => limit.id);
      expect(new Set(held).size).toBe(held.length);
      expect(held).toEqual(expect.arrayContaining(limits([]).map((limit) => limit.id)));
    }
    const [first] = drill.variants;
    expect(limitsIn(flagshipAblation, first.id, first.limits([])).map(({ id }) => id)).toContain(
      "sign-in-success-inside",
    );
  });
});
