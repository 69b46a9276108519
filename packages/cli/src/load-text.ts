/**
 * A load told to a person: what is begun, and what came of it, verdict last. Lines fit 80 columns; no user is named.
 */
import type { LoadOrder, LoadRun } from "@cordon/load";
import { called, nextText } from "./called.ts";
import { wrapped } from "./layout.ts";

const words = { held: "HELD", broken: "BROKEN", "no-verdict": "NONE", interrupted: "NONE, BROKEN OFF" } as const;

/** What is about to be done. */
export function beginText({ way, users, lengthMs }: LoadOrder): string {
  const rate = way.rate === null ? "as fast as it is answered" : `${way.rate} a second`;
  const loop = way.loop === "open" ? `open loop, ${rate}` : `closed loop, ${way.connections} connections, ${rate}`;
  const place = way.target === "auth" ? way.url : `${way.host}:${way.port}`;
  const text = `${loop}, ${seconds(lengthMs)}, ${count(users.length)} users, to ${place}`;
  return wrapped("load       ", `${way.target}: ${text}`);
}

/** What came of it. `isLab`: it went to a lab that runs here, of which there is more to be asked. */
export function resultText(run: LoadRun, isLab: boolean): string {
  const { order, offered, figures, own, verdict, limits, elapsedMs } = run;
  const { sent, answered, served, degraded, failed, unsent, unfinished, ends, latency } = figures;
  const parts = [
    `${count(served)} served`,
    ...(degraded > 0 ? [`${count(degraded)} of them degraded`] : []),
    `${count(failed)} failed`,
    ...(unsent > 0 ? [`${count(unsent)} never sent`] : []),
    ...(unfinished > 0 ? [`${count(unfinished)} under way at the end`] : []),
  ];
  const told = Object.entries(ends)
    .toSorted(([a, many], [b, other]) => other - many || (a < b ? -1 : 1))
    .map(([code, many]) => `${code}: ${count(many)}`);
  const from = order.way.loop === "open" ? "from the time each was due" : "from sending";
  // An open loop's pace is the schedule's; at its end it only waits for answers.
  const pace =
    order.way.loop === "open" || elapsedMs <= 0 ? "" : `, ${((sent * 1_000) / elapsedMs).toFixed(1)} a second`;
  const others = own.othersShare === null ? "" : `; others ${percent(own.othersShare)} of all cores`;
  return [
    `offered    ${count(offered)} in ${seconds(elapsedMs)}`,
    `sent       ${count(sent)}${pace}`,
    wrapped("answered   ", `${count(answered)}: ${parts.join(", ")}`),
    wrapped("statuses   ", told.join("   ") || "none"),
    `latency    p50 ${time(latency.p50)}   p95 ${time(latency.p95)}   p99 ${time(latency.p99)}   longest ${time(latency.max)}`,
    `           ${from}, ${count(latency.samples)} samples`,
    `generator  ${time(own.lagP99Ms)} late (p99), ${percent(own.coreShare)} of its core${others}`,
    "",
    `VERDICT  ${words[verdict.kind]}`,
    ...limits.map(({ text, figure, measured, held }) => {
      const said =
        measured === null ? "too few" : figure === "errors" || figure === "ok" ? share(measured) : time(measured);
      return ` ${text.padEnd(16)} ${said.padStart(10)}  ${held === null ? "-" : held ? "ok" : "broken"}`;
    }),
    ...verdict.reasons.map((reason) => wrapped("why      ", reason)),
    ...(isLab ? [nextText(nextOf(run), called)] : []),
  ].join("\n");
}

/** What one would ask next: the same offered whatever comes of it, or how the lab stands. */
function nextOf({ order: { way }, figures, elapsedMs }: LoadRun): string {
  if (way.loop === "open" || figures.served === 0) return "cordon status";
  const perSecond = Math.max(1, Math.floor((figures.served * 500) / Math.max(1, elapsedMs)));
  return `cordon load auth --open --rate ${perSecond}`;
}

const count = (value: number): string => value.toLocaleString("en-GB");
const percent = (value: number): string => `${(value * 100).toFixed(0)} %`;
const share = (value: number): string => `${Number((value * 100).toPrecision(3))} %`;
const seconds = (ms: number): string => `${Number((ms / 1_000).toFixed(1))} s`;

function time(ms: number | null): string {
  if (ms === null) return "-";
  return ms >= 1_000 ? `${(ms / 1_000).toFixed(1)} s` : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}
