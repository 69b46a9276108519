/**
 * report.md: the draft of a post-incident review. What the run knows is filled in; what only people can judge is left as
 * a question, so that nobody mistakes the draft for the review.
 */
import type { DrillSpec, SideRun } from "@cordon/measure";
import type { Result, Side } from "@cordon/model";
import type { Drill } from "../drill.ts";
import { bound, count, delays, measured, onClock, share, time, uptime, visible } from "./format.ts";
import { handsOnWords, judgedSide, nameOf, reproduceCommand, sidesInOrder } from "./sides.ts";
import { timelineOf } from "./timeline.ts";

/** The draft. `call`: the words `cordon` is called by. */
export function markdownReport(
  drill: Drill,
  result: Result,
  runs: readonly SideRun[],
  spec: DrillSpec,
  call: string,
): string {
  const candidate = judgedSide(result);
  const variant = drill.variants.find(({ id }) => id === result.variant);
  const sections = [
    `# ${drill.title}: ${result.verdict}`,
    `${result.drill}, variant ${result.variant}, seed ${result.seed}, ${result.startedAt}`,
    `## Summary\n\n${inLine(result.reason)}\n\n${drill.incident}`,
    candidate === undefined ? "" : impact(candidate),
    handsOnWords(result).length === 0
      ? ""
      : `## The operator\n\n${handsOnWords(result)
          .map((words) => `- ${words}.`)
          .join("\n")}`,
    candidate === undefined ? "" : `## Limits\n\n${limitsTable(result)}`,
    ...sidesInOrder(result).map((side) => timelineSection(side, runs, spec)),
    candidate === undefined ? "" : detection(candidate, variant?.injected ?? ""),
    candidate === undefined ? "" : ledger(candidate),
    candidate === undefined ? "" : service(candidate),
    candidate === undefined
      ? ""
      : `## For people to answer\n\n- What surprised us?\n- What would have happened at twice the load?\n- Which alert told us first, and would it have woken somebody?\n- What do we change, who does it, and by when?`,
    `## Reproduce\n\n\`\`\`\n${reproduceCommand(drill, result, spec, call)}\n\`\`\`\n\nCordon ${result.cordon.version}${result.cordon.commit === null ? "" : ` (${result.cordon.commit.slice(0, 12)})`}, Node ${result.host.node}, ${result.host.platform}, ${result.host.cpus} cores.`,
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function impact({ hurt, signIn, failedShare, mail }: Side): string {
  const { inside } = signIn;
  return [
    "## Impact",
    "",
    `- ${share(failedShare)} of the users live in the failed partition.`,
    `- Hurt (refused or late): ${share(hurt.outside)} outside it, ${share(hurt.inside)} inside, ${share(hurt.overall)} overall.`,
    `- Sign-ins inside: ${count(inside.scheduled)} tried, ${count(inside.ok)} served, ${count(inside.degraded)} served degraded, ${count(inside.refused)} refused, ${count(inside.unknown)} without an answer.`,
    `- Mail delay: ${delays(mail.delayMs.outside)} for the others, ${delays(mail.delayMs.inside)} for the failed partition.`,
  ].join("\n");
}

function limitsTable(result: Result): string {
  const sides = sidesInOrder(result);
  const head = `| class | limit | ${sides.map(nameOf).join(" | ")} | bound |`;
  const rule = `|---|---|${sides.map(() => "---:|").join("")}---|`;
  const rows = (judgedSide(result)?.limits ?? []).map((limit) => {
    const cells = sides.map((side) => {
      const own = side.limits.find(({ id }) => id === limit.id);
      return own === undefined ? "" : `${measured(own.measured, own.unit)}${own.held ? "" : " (broken)"}`;
    });
    return `| ${limit.class} | ${limit.title} | ${cells.join(" | ")} | ${bound(limit)} |`;
  });
  return [head, rule, ...rows].join("\n");
}

function timelineSection(side: Side, runs: readonly SideRun[], spec: DrillSpec): string {
  const run = runs.find(({ preset }) => preset === side.preset);
  if (run === undefined) return "";
  const rows = timelineOf(side, run, spec).map(
    ({ atMs, mark, text }) => `| ${onClock(atMs)} | ${mark} | ${inLine(text)} |`,
  );
  return [`## Timeline of side ${nameOf(side)}`, "", "| s | | |", "|---:|---|---|", ...rows].join("\n");
}

/** Text of one line that ends neither its paragraph nor its cell, and is not read as markup. */
const inLine = (text: string): string =>
  visible(text.replaceAll(/\s+/g, " ").trim()).replaceAll(/[\\|<>`*_[\]&~]|^[#+-]/g, String.raw`\$&`);

function detection({ ttdMs, ttiMs, failoverMs, ttrMs, fault }: Side, injected: string): string {
  return [
    "## Detection and resolution",
    "",
    `- Fault: ${injected}; proven to bite after ${time(fault.provenAtMs)}, taken away after ${time(fault.removedAtMs)}, proven gone after ${time(fault.provenGoneAtMs)}.`,
    `- Detected after ${time(ttdMs)}, isolated after ${time(ttiMs)}, failed over after ${time(failoverMs)}, recovered ${time(ttrMs)} after that or after the fault's end.`,
  ].join("\n");
}

function ledger({ mail }: Side): string {
  return [
    "## Mail ledger",
    "",
    `${count(mail.ok)} accepted: ${count(mail.delivered)} delivered, ${count(mail.queued)} queued, ${count(mail.bounced)} bounced, ${count(mail.quarantined)} quarantined, ${count(mail.lost)} lost, ${count(mail.duplicated)} duplicated. ${count(mail.refused)} were refused, ${count(mail.unknown)} ended without an answer.`,
  ].join("\n");
}

function service({ sla }: Side): string {
  return [
    "## Service level, projected on the incident's length",
    "",
    `- ${sla.transientSeconds.toFixed(1)} s of real time to isolate and to drain, and ${share(sla.sustainedShare)} of users hurt in between for as long as it lasts.`,
    `- Worst tenant ${uptime(sla.worstTenant)} (credit ${share(sla.creditWorstTenant)}), fleet ${uptime(sla.fleet)} (credit ${share(sla.creditFleet)}) of a 30-day month.`,
  ].join("\n");
}
