import { expect, test } from "vitest";
import { markdownReport } from "./markdown.ts";
import { drill, recorded, unbegun } from "./report.fixture.ts";

test("the draft has the facts filled in, and leaves judgement to people", () => {
  const { result, runs, spec } = recorded();
  const text = markdownReport(drill, result, runs, spec, "cordon");
  expect(text).toMatch(/^# One directory partition goes silent: held\n/);
  expect(text.match(/^## .*/gm)).toEqual([
    "## Summary",
    "## Impact",
    "## Limits",
    "## Timeline of side off",
    "## Timeline of side on",
    "## Detection and resolution",
    "## Mail ledger",
    "## Service level, projected on the incident's length",
    "## For people to answer",
    "## Reproduce",
  ]);
  expect(text).toMatch(
    /\| harm \| users hurt outside the failed partition \| [\d.]+ % \(broken\) \| 0\.0 % \| <= 0\.1 % \|/,
  );
  expect(text).toContain("- What surprised us?");
});

test("an event's words cannot break the table they stand in", () => {
  const { result, runs, spec } = recorded({ injected: "one | two\nthree <b>" });
  const rows = markdownReport(drill, result, runs, spec, "cordon").split("\n");
  expect(rows).toContain(String.raw`| 0.0 | x | one \| two three \<b\> |`);
});

test("a reason is one line of text, whatever it is made of", () => {
  const { result, runs, spec } = recorded();
  const reason = "# side on:\n<img src=x> [a](b) \u001b[2J";
  const lines = markdownReport(drill, { ...result, reason }, runs, spec, "cordon").split("\n");
  expect(lines).toContain(String.raw`\# side on: \<img src=x\> \[a\](b) ${"\u241b"}\[2J`);
});

test("of a run that ended before anything was broken there is only what happened, and how to run it again", () => {
  const { result, runs, spec } = unbegun("halted by cordon drill halt");
  const text = markdownReport(drill, result, runs, spec, "cordon");
  expect(text.match(/^## .*/gm)).toEqual(["## Summary", "## Reproduce"]);
  expect(text).toContain("halted by cordon drill halt");
  expect(text).not.toMatch(/\||p3|stops answering|--variant/);
});
