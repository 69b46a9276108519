import { expect, test } from "vitest";
import { callOf, nextText, spelled, type Caller } from "./called.ts";

const root = "/somewhere/cordon";
const newcomer: Caller = { isOnPath: false, root, cwd: root, scriptCalledIn: root };

test.each<[string, Partial<Caller>, string]>([
  ["in the root of the checkout", {}, "npx -y pnpm@12 cordon"],
  ["in the root, without a package script", { scriptCalledIn: undefined }, "npx -y pnpm@12 cordon"],
  ["where cordon is on the PATH", { isOnPath: true }, "cordon"],
  ["in a folder below, by a package script", { scriptCalledIn: `${root}/docs/adr` }, "npx -y pnpm@12 -C ../.. cordon"],
  [
    "in another folder, where its labs are kept",
    { cwd: "/somewhere/try", scriptCalledIn: undefined },
    "node ../cordon/packages/cli/src/main.ts",
  ],
  [
    "from a checkout whose path has a space",
    { root: "/my things/cordon", cwd: "/somewhere", scriptCalledIn: undefined },
    "node '../my things/cordon/packages/cli/src/main.ts'",
  ],
])("a command can be pasted %s", (_, other, call) => {
  expect(callOf({ ...newcomer, ...other })).toBe(call);
});

test("commands in a text are spelled out, and nothing else is", () => {
  const call = "npx -y pnpm@12 cordon";
  expect(spelled("left behind; run: cordon doctor", call)).toBe("left behind; run: npx -y pnpm@12 cordon doctor");
  expect(spelled("see cordon drill show ID, or cordon --help", call)).toBe(
    "see npx -y pnpm@12 cordon drill show ID, or npx -y pnpm@12 cordon --help",
  );
  for (const text of ["/tmp/cordon drill", "what cordon does", "npx -y pnpm@12 cordon drill"])
    expect(spelled(text, call)).toBe(text);
});

test("a command that does not fit beside its word has a line of its own, and is never cut", () => {
  expect(nextText("cordon drill list", "cordon")).toBe("next     cordon drill list");
  const long = `cordon drill ${"x".repeat(70)}`;
  expect(nextText(long, "cordon")).toBe(`next\n  ${long}`);
});
