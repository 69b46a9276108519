/**
 * A comparison for a person, in 80 columns: what was run otherwise first, since it may be the reason for all that follows,
 * then each pair of sides, and what came of it last, where it is read.
 */
import type { ComparedRow, ComparedSides, Comparison, Named } from "./compare.ts";
import { measured } from "./format.ts";

const nameWidth = 42;
const figureWidth = 9;
const cell = (text: string): string => text.padStart(figureWidth);

/** The whole comparison, without a line break at its end. */
export function compareText(a: Named, b: Named, comparison: Comparison): string {
  const { otherwise, sides, mended, dropped, reason } = comparison;
  return [
    ...[a, b].flatMap(({ name, result }, index) => [
      `${"AB"[index] ?? ""}        ${name}`,
      `         ${result.verdict}, variant ${result.variant}, seed ${result.seed}, ${result.startedAt}`,
    ]),
    ...otherwise.map(
      ({ what, a: inA, b: inB }, index) => `${(index === 0 ? "not same" : "").padEnd(9)}${what}: ${inA} -> ${inB}`,
    ),
    ...sides.flatMap(sideLines),
    "",
    ...(mended.length === 0 ? [] : [`mended   ${mended.join(", ")}`]),
    ...(dropped.length === 0 ? [] : [`no limit ${dropped.join(", ")} (held in A, not asked of B)`]),
    `result   ${reason}`,
  ]
    .map(plain)
    .join("\n");
}

/** A result may be somebody else's: what it says is text, and gives a terminal no orders. */
const plain = (line: string): string => line.replaceAll(/\p{Cc}+/gu, " ");

const sideLines = ({ role, a, b, rows }: ComparedSides): readonly string[] => [
  "",
  `${`${role.toUpperCase()}  ${a === b ? a : `${a} -> ${b}`}`.padEnd(nameWidth)}${cell("A")}${cell("B")}${cell("B - A")}`,
  ...rows.map(rowLine),
];

function rowLine({ title, unit, a, b, difference, change, standing }: ComparedRow): string {
  const text = ` ${title}`.padEnd(nameWidth).slice(0, nameWidth);
  const figures = [measured(a, unit), measured(b, unit), differenceText(difference, unit)].map(cell).join("");
  return `${text}${figures}  ${wordOf(change, standing)}`.trimEnd();
}

function wordOf(change: ComparedRow["change"], { a, b }: ComparedRow["standing"]): string {
  if (a === "held" && b === "broken") return "BROKEN";
  if (a === "broken" && b === "held") return "mended";
  if (a === "held" && b === "no limit") return "no limit";
  // What counts is only whether a limit is held, and a broken one is not well because it was broken before.
  if (b === "broken") return "broken";
  return change === "alike" ? "" : change;
}

/** `+ 0.2 s`, `- 3.0 %`; nothing where there is none. A share's difference is in points of a hundred. */
function differenceText(difference: number | null, unit: ComparedRow["unit"]): string {
  if (difference === null) return "";
  if (difference === 0) return "=";
  return `${difference < 0 ? "-" : "+"} ${measured(Math.abs(difference), unit)}`;
}
