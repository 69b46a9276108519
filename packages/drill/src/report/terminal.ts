/**
 * What a run prints: verdict first, figures second, at most 80 columns, no colour and no motion. Everything here comes
 * from the result and its histories; printing it again later gives the same text.
 */
import type { DrillSpec, SideRun } from "@cordon/measure";
import type { LimitClass, LimitResult, Result, Side } from "@cordon/model";
import { bound, count, delays, measured, onClock, share, uptime } from "./format.ts";
import { controlWords, handsOnWords, judgedSide, nameOf, sidesInOrder } from "./sides.ts";
import { pairRows, timelineOf, type Row } from "./timeline.ts";

const mostColumns = 80;
const clip = (text: string, width: number): string =>
  text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}~`;

const clockWidth = 5;

/** The timeline of both sides, baseline left, candidate right; one column for a side alone, and nothing where none ended. */
export function timelineText(result: Result, runs: readonly SideRun[], spec: DrillSpec): string {
  const sides = sidesInOrder(result);
  const columns = sides.map((side) => {
    const run = runs.find(({ preset }) => preset === side.preset);
    return run === undefined ? [] : timelineOf(side, run, spec);
  });
  if (sides.length === 0) return "";
  const width = Math.floor((mostColumns - clockWidth) / sides.length) - 1;
  const lines = pairRows(columns).flatMap(({ atMs, cells }) =>
    besideOneAnother(
      onClock(atMs),
      cells.map((row) => (row === undefined ? ["."] : cellLines(row, width))),
      width,
    ),
  );
  return [
    ...besideOneAnother(
      "t",
      sides.map((side) => wrapped(nameOf(side), width)),
      width,
    ),
    ...lines,
  ].join("\n");
}

/** A row's words under one another, those after the first line indented past the mark. */
const cellLines = ({ mark, text }: Row, width: number): readonly string[] =>
  wrapped(text, width - 2).map((line, index) => `${index === 0 ? mark : " "} ${line}`);

function besideOneAnother(clock: string, cells: readonly (readonly string[])[], width: number): readonly string[] {
  const height = Math.max(1, ...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, index) => {
    const texts = cells.map((lines) => (lines[index] ?? "").padEnd(width));
    return [(index === 0 ? clock : "").padStart(clockWidth), ...texts].join(" ").trimEnd();
  });
}

/** The verdict table and what goes with it. */
export function verdictText(result: Result): string {
  const sides = sidesInOrder(result);
  const judged = judgedSide(result);
  const baseline = sides.find(({ preset }) => preset === result.baseline && preset !== result.candidate);
  if (judged === undefined)
    return [`VERDICT  ${result.verdict.toUpperCase()}`, ...labelled("reason", result.reason)].join("\n");
  const head = `${`VERDICT  ${result.verdict.toUpperCase()}`.padEnd(nameWidth)}${[baseline, judged]
    .map((side) => figureCell(side === undefined ? "" : clip(side.preset, figureWidth - 1).trim()))
    .join("")}  limit`;
  const groups = limitClasses.flatMap((limitClass) => {
    const rows = judged.limits.filter((limit) => limit.class === limitClass).map((limit) => limitLine(limit, baseline));
    const inside = limitClass === "harm" ? insideLine(judged, baseline) : [];
    return rows.length + inside.length === 0 ? [] : [` ${limitClass}`, ...rows, ...inside];
  });
  return [head, ...groups, ...ledgerLines(judged, baseline), ...closingLines(result, judged)].join("\n");
}

const limitClasses = ["harm", "mechanism", "invariant"] as const satisfies readonly LimitClass[];
const nameWidth = 44;
const figureWidth = 9;
const figureCell = (text: string): string => text.padStart(figureWidth);
const rowOf = (name: string, before: string, after: string): string =>
  `${clip(`   ${name}`, nameWidth)}${figureCell(before)}${figureCell(after)}`;

function limitLine(limit: LimitResult, baseline: Side | undefined): string {
  const other = baseline?.limits.find(({ id }) => id === limit.id);
  const before = other === undefined ? "" : measured(other.measured, other.unit);
  const state = limit.held ? "ok" : "BROKEN";
  return `${rowOf(limit.title, before, measured(limit.measured, limit.unit))}  ${bound(limit).padEnd(9)} ${state}`;
}

/** Users of the failed partition, where no limit is set on them: said all the same. */
function insideLine(judged: Side, baseline: Side | undefined): readonly string[] {
  if (judged.limits.some(({ id }) => id === "hurt-inside")) return [];
  const { ok, degraded, scheduled } = judged.signIn.inside;
  const before = baseline === undefined ? "" : share(baseline.hurt.inside);
  const served = scheduled === 0 ? "" : `  ${share((ok + degraded) / scheduled)} served`;
  return [`${rowOf("users hurt inside the failed partition", before, share(judged.hurt.inside))}${served}`];
}

function ledgerLines(judged: Side, baseline: Side | undefined): readonly string[] {
  const { mail, signIn } = judged;
  const accounted = mail.delivered + mail.queued + mail.bounced + mail.quarantined;
  const sides = baseline === undefined ? [judged] : [baseline, judged];
  const degraded = signIn.inside.degraded + signIn.outside.degraded;
  const queued = mail.queued === 0 ? "" : `, ${count(mail.queued)} of them still queued`;
  const refused = mail.refused === 0 ? "" : `; ${count(mail.refused)} refused`;
  return [
    ...labelled("mail", `${count(mail.ok)} accepted = ${count(accounted)} accounted for${queued}${refused}`),
    ...labelled("delay", `mail of the failed partition: ${sides.map(delayWords).join("; ")}`),
    ...(degraded === 0 ? [] : labelled("sign-in", `${count(degraded)} served degraded, by the fallback`)),
  ];
}

/** Said of each side, since in a short run it is no limit and too few mails for a p95. */
const delayWords = ({ preset, mail }: Side): string => `${preset} ${delays(mail.delayMs.inside)}`;

function closingLines(result: Result, { sla }: Side): readonly string[] {
  const { busyShare, ownShare, cpus } = result.host;
  const control = controlWords(result);
  return [
    ...handsOnWords(result).flatMap((words) => labelled("operator", words)),
    ...(control === undefined ? [] : labelled("control", control)),
    ...labelled(
      "sla",
      `over the incident's length: worst tenant ${uptime(sla.worstTenant)}, fleet ${uptime(sla.fleet)}`,
    ),
    ...(ownShare === null || busyShare === null
      ? []
      : labelled("host", `${cpus} cores: the drill took ${share(ownShare)}, all together ${share(busyShare)}`)),
    ...(result.verdict === "held" ? [] : labelled("reason", result.reason)),
  ];
}

const labelWidth = 9;

/** A word, and what is said of it, on as many lines as it takes. */
const labelled = (label: string, text: string): readonly string[] =>
  wrapped(text, mostColumns - labelWidth).map(
    (line, index) => `${(index === 0 ? label : "").padEnd(labelWidth)}${line}`,
  );

/** A gap between words; none is between a number and its unit. */
const gap = /\s+(?!(?:ms|s|%)(?:[\s,;)]|$))/;

/** Words on lines of at most `width` characters; a word longer than that is cut into pieces. */
function wrapped(text: string, width: number): readonly string[] {
  const piece = new RegExp(`.{1,${width}}`, "gu");
  const lines: string[] = [];
  for (const word of text.split(gap).flatMap((long) => long.match(piece) ?? [])) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
