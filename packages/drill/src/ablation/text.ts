/**
 * An ablation for a person: the matrix of sides and variants in 80 columns, each cell the limits that broke there, then what
 * that says of each protection. The same account makes the tables of docs/ablation.md, so that the two cannot differ.
 */
import type { Ablation } from "./account.ts";
import type { Cost } from "./cost.ts";
import { brokenIn, runsOf, type Broken, type Figures, type Judged, type Seen } from "./judge.ts";
import { share, time } from "../report/format.ts";
import type { ProtectionId } from "@cordon/model";

/** A letter for each limit, in the order of the legend. */
const letters: Readonly<Record<string, readonly [string, string]>> = {
  "hurt-outside": ["H", "others hurt"],
  "mail-delay-outside-p95": ["M", "others' mail late"],
  "hurt-inside": ["h", "users inside hurt"],
  "sign-in-success-inside": ["s", "too few served inside"],
  "mail-delay-inside-p95": ["m", "mail inside late"],
  ttd: ["D", "detection"],
  tti: ["I", "isolation"],
  failover: ["F", "failover"],
  ttr: ["R", "recovery"],
  amplification: ["A", "amplification"],
  lost: ["L", "mail lost"],
  duplicated: ["2", "mail twice"],
};

const seenOf = ({ sides }: Ablation): Seen => new Map(sides.map((side) => [side.name, side]));

/** A row of the matrix: the baseline, the candidate with everything, then without one or two. */
interface Row {
  readonly name: string;
  readonly cells: readonly string[];
}

function rowsOf(ablation: Ablation): readonly Row[] {
  const seen = seenOf(ablation);
  const row = (name: string, without: readonly ProtectionId[]): Row => ({
    name,
    cells: ablation.variants.map((variant) => cellOf(variant, without, seen)),
  });
  const singles = ablation.protections.map(({ id }) => [id]);
  const pairs = new Map(
    ablation.sides.filter(({ step }) => step.without.length > 1).map(({ step }) => [step.without.join(), step.without]),
  );
  return [
    { name: "off", cells: ablation.variants.map((variant) => lettersOf(seen.get(`${variant}-off`)?.broken)) },
    row("on, with everything", []),
    ...[...singles, ...pairs.values()].map((without) => row(`without ${without.join(", ")}`, without)),
  ];
}

/** `HA`, `ok`, `?` where no run was sound, nothing where none was made. */
const cellOf = (variant: string, without: readonly ProtectionId[], seen: Seen): string =>
  runsOf(variant, without, seen).length === 0 ? "" : lettersOf(brokenIn(variant, without, seen));

function lettersOf(broken: readonly string[] | undefined): string {
  if (broken === undefined) return "?";
  const order = Object.keys(letters);
  const ids = broken.toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
  return ids.length === 0 ? "ok" : ids.map((id) => letters[id]?.[0] ?? id).join("");
}

const nameWidth = 33;
const gap = 2;

/** The whole account, without a line break at its end. */
export function ablationText(ablation: Ablation): string {
  const widths = [nameWidth, ...ablation.variants.map(({ length }) => length + gap)];
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("")
      .trimEnd();
  const { drill, seed, profile, times, stopped, complete } = ablation;
  return [
    `ABLATION  ${drill}   seed ${seed}   ${profile}   ${times} run${times === 1 ? "" : "s"} a side`,
    "",
    line(["", ...ablation.variants]),
    ...rowsOf(ablation).map(({ name, cells }) => line([name, ...cells])),
    "",
    ...legendLines(ablation),
    "",
    ...ablation.protections.flatMap(judgementLines),
    ...(stopped === null ? [] : ["", `stopped: ${stopped}`]),
    ...(complete ? [] : ["not every side was run: the same command with --resume goes on"]),
  ].join("\n");
}

/** The letters that stand in this matrix, as many on a line as fit. */
function legendLines(ablation: Ablation): readonly string[] {
  const used = new Set(ablation.sides.flatMap(({ broken }) => broken));
  const words = Object.entries(letters).flatMap(([id, [letter, what]]) => (used.has(id) ? [`${letter} ${what}`] : []));
  const lines: string[] = [];
  for (const word of ["ok all limits held", ...words, "? no sound run"]) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 3 + word.length > 80) lines.push(word);
    else lines[lines.length - 1] = `${last}   ${word}`;
  }
  return lines;
}

function judgementLines({ id, judgement, cost }: Judged): readonly string[] {
  const lead = `${id.padEnd(14)}${judgementWords(judgement)}`;
  switch (judgement.kind) {
    case "missed alone":
    case "missed with":
      return [lead, ...judgement.broke.map((broke) => `${" ".repeat(14)}${brokeWords(broke)}`)];
    case "redundant here":
      return [lead, `${" ".repeat(14)}${costWords(cost)}`];
    case "not known":
      return [lead, `${" ".repeat(14)}${judgement.because}`];
  }
}

const judgementWords = (judgement: Judged["judgement"]): string =>
  judgement.kind === "missed with" ? `missed with ${judgement.other}` : judgement.kind;

const brokeWords = ({ variant, limits }: Broken): string => `${variant}: ${limits.join(", ")}`;

/** `costs 3.4 points of all cores, noise 1.2`, `cost within the noise of 3.1 points`. */
function costWords(cost: Cost | null): string {
  if (cost === null) return "its cost is not known";
  const noise = points(cost.noiseShare);
  if (cost.isWithinNoise) return `cost within the noise of ${noise} points`;
  const verb = cost.share >= 0 ? "costs" : "saves";
  return `${verb} ${points(Math.abs(cost.share))} points of all cores, noise ${noise}`;
}

/** A share of all cores in points of a hundred. */
const points = (value: number): string => (value * 100).toFixed(1);

/** The tables of the document. */
export function ablationMarkdown(ablation: Ablation): string {
  const table = (rows: readonly (readonly string[])[]): string =>
    rows
      .flatMap((cells, index) => [
        `| ${cells.join(" | ")} |`,
        ...(index === 0 ? [`| ${cells.map(() => "---").join(" | ")} |`] : []),
      ])
      .join("\n");
  const { cordon, seed, profile, store, times, host, variants } = ablation;
  const commit = cordon.commit === null ? "" : ` (${cordon.commit.slice(0, 12)})`;
  return [
    `Cordon ${cordon.version}${commit}, seed \`${seed}\`, ${profile}, ${store}, ${times} run${times === 1 ? "" : "s"} a side, with everything oftener; Node ${host.node}, ${host.platform}, ${host.cpus} cores.`,
    "Limits that broke, by side and variant:",
    table([
      ["side", ...variants.map((variant) => `\`${variant}\``)],
      ...rowsOf(ablation).map(({ name, cells }) => [name, ...cells]),
    ]),
    `${legendLines(ablation).join("; ").replaceAll("   ", "; ")}. An empty cell was not run.`,
    "What that says of each protection:",
    table([
      ["protection", "judgement", "what broke, or what was measured", "CPU of it"],
      ...ablation.protections.map((one) => [
        `\`${one.id}\``,
        judgementWords(one.judgement),
        evidenceWords(one, ablation),
        costWords(one.cost),
      ]),
    ]),
  ].join("\n\n");
}

function evidenceWords({ id, variants, judgement, cost }: Judged, ablation: Ablation): string {
  const moved = variants.map((variant) => `\`${variant}\` ${figuresWords(variant, id, cost, seenOf(ablation))}`);
  switch (judgement.kind) {
    case "missed alone":
    case "missed with":
      return [...judgement.broke.map(({ variant, limits }) => `\`${variant}\`: ${limits.join(", ")}`), ...moved].join(
        "; ",
      );
    case "redundant here":
      return moved.join("; ");
    case "not known":
      return judgement.because;
  }
}

const told: readonly (readonly [keyof Figures, string, (value: number | null) => string])[] = [
  ["hurtOutside", "hurt outside", share],
  ["hurtInside", "hurt inside", share],
  ["mailDelayOutsideP95Ms", "mail p95", time],
  ["ttdMs", "TTD", time],
  ["ttiMs", "TTI", time],
  ["failoverMs", "failover", time],
  ["ttrMs", "TTR", time],
  ["amplification", "amplification", (value) => (value === null ? "-" : value.toFixed(2))],
];

/** The figures of the first sound runs with and without it, where they read differently; CPU as its cost has it. */
function figuresWords(variant: string, id: ProtectionId, cost: Cost | null, seen: Seen): string {
  const figuresIn = (without: readonly ProtectionId[]): Figures | null =>
    runsOf(variant, without, seen).find(({ isSound }) => isSound)?.figures ?? null;
  const [withIt, without] = [figuresIn([]), figuresIn([id])];
  if (withIt === null || without === null) return "not known";
  const moved = told.flatMap(([key, name, words]) => {
    const [before, after] = [words(withIt[key]), words(without[key])];
    return before === after ? [] : [`${name} ${before} -> ${after}`];
  });
  const cpu = cost?.variants.find((one) => one.variant === variant);
  return [...moved, `CPU ${share(cpu?.withShare ?? null)} -> ${share(cpu?.withoutShare ?? null)}`].join(", ");
}
