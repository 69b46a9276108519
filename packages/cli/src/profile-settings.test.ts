import { drills, type Drill } from "@cordon/drill";
import { describe, expect, test } from "vitest";
import { Refusal } from "./exit.ts";
import { applySets } from "./profile-settings.ts";

const [flagship] = drills;
if (flagship === undefined) throw new Error("there is no drill");
const { quick } = flagship.profiles;
const variantOf = (id: string): Drill["variants"][number] =>
  flagship.variants.find((variant) => variant.id === id) ?? flagship.variants[0];

const apply = (sets: readonly string[], variant = "partition") => applySets(quick, sets, flagship, variantOf(variant));
const refusalOf = (sets: readonly string[], variant?: string): string => {
  try {
    apply(sets, variant);
    return "none";
  } catch (error) {
    return error instanceof Refusal && error.ending.code === 2 ? error.message : String(error);
  }
};

describe("--set", () => {
  test("changes the numbers it names, the last word counting, and no other", () => {
    expect(apply(["users=300", "signInPerSecond=12.5", "users=320"])).toEqual({
      ...quick,
      users: 320,
      signInPerSecond: 12.5,
    });
    expect(apply([])).toEqual(quick);
  });

  test.each([
    ["partitions=2", "--set partitions=2: give partitions a whole number from 3 to 64"],
    ["partitions=4.5", "--set partitions=4.5: give partitions a whole number from 3 to 64"],
    ["partitions=100000", "--set partitions=100000: give partitions a whole number from 3 to 64"],
    ["roleInstances=1.5", "--set roleInstances=1.5: give roleInstances a whole number from 1 to 8"],
    ["users=0.5", "--set users=0.5: give users a whole number from 1 to 100000"],
    ["faultSeconds=0", "--set faultSeconds=0: give faultSeconds a number from 1 to 3600"],
    ["faultSeconds=", "--set faultSeconds=: give faultSeconds a number from 1 to 3600"],
    ["faultSeconds", "--set faultSeconds: give faultSeconds a number from 1 to 3600"],
    ["faultSeconds=1=2", "--set faultSeconds=1=2: give faultSeconds a number from 1 to 3600"],
    ["mailPerSecond=many", "--set mailPerSecond=many: give mailPerSecond a number from 1 to 10000"],
    ["users=7", "7 users are too few for 4 partitions: give --set users=8 or more"],
  ])("of %s is refused with what is right", (text, message) => {
    expect(refusalOf([text])).toBe(message);
  });

  test.each(["name=quick", "toString=1", "=4"])("of %s names no setting", (text) => {
    expect(refusalOf([text])).toContain("there is no setting");
  });

  test("leaves a variant that fails one role instance the sibling it is about", () => {
    expect(refusalOf(["roleInstances=1"], "instance")).toContain("from 2 to 8");
    expect(refusalOf(["roleInstances=1"], "verify-only")).toBe("none");
  });
});
