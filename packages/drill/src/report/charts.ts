/**
 * The charts of a report: the same four questions asked of every side, side by side, on the fault clock and on the same
 * scales, so that a difference one sees is a difference there was.
 */
import type { DrillSpec, SideRun } from "@cordon/measure";
import type { Side } from "@cordon/model";
import { eventStrips } from "./chart-events.ts";
import { cursorBar, figure, lineKeys, placeName, type Ground, type Panel } from "./chart-frame.ts";
import { lanesChart } from "./chart-lanes.ts";
import { count, time } from "./format.ts";
import { html, type Markup } from "./markup.ts";
import { area, bar, line, linearScale, plot, timeScale } from "./plot.ts";
import { axisOf, ends, seriesOf, wheres, type End, type Series, type Where } from "./series.ts";
import { nameOf } from "./sides.ts";
import type { Row } from "./timeline.ts";

/** Events a side that are drawn; the timeline has more. */
const mostEvents = 80;

/** All charts. `rows` are the timelines, in the order of `sides`. */
export function charts(
  sides: readonly Side[],
  runs: readonly SideRun[],
  rows: readonly (readonly Row[])[],
  spec: DrillSpec,
): Markup {
  const found = sides.flatMap((side, index) => {
    const run = runs.find(({ preset }) => preset === side.preset);
    return run === undefined ? [] : [{ side, history: run.history, rows: rows[index] ?? [] }];
  });
  if (found.length === 0) return html`<p>No side was run to its end, so there is nothing to draw.</p>`;
  const axis = axisOf(found.map(({ history }) => history));
  const drawn = found.map(({ side, history, rows: own }) => ({
    side,
    name: nameOf(side),
    rows: own.filter(({ atMs }) => atMs >= axis.fromMs && atMs <= axis.toMs).slice(0, mostEvents),
    series: seriesOf(history, spec, axis),
  }));
  const ground: Ground = { sides: drawn, axis, spec };
  return html`${cursorBar(axis)}${eventStrips(ground)}${signIns(ground)}${latency(ground)}${delay(ground)}${lanesChart(ground)}`;
}

function signIns({ sides, axis, spec }: Ground): Markup {
  const panels = wheres.map((where) => {
    const stacked = sides.map(({ series }) => stack(series.signIns[where]));
    const scale = linearScale(Math.max(...stacked.flatMap(({ refused }) => refused)));
    return sides.map((drawn, index): Panel => {
      const own = drawn.series.signIns[where];
      const tops = stacked[index] ?? own;
      const title = `Sign-ins a second ${placeName(where, spec)}, side ${drawn.name}`;
      return {
        side: drawn.name,
        about: placeName(where, spec),
        plot: plot({
          ...drawn,
          id: `sign-ins-${where}-${index}`,
          title,
          description: `On the whole: ${ends.map((end) => `${count(Math.round((sum(own[end]) * axis.binMs) / 1_000))} ${end}`).join(", ")}.`,
          axis,
          scale,
          // The tallest first: each of the others hides the lower part of the one before it.
          marks: ends.toReversed().map((end) => area(tops[end], scale, `area ${end}`) ?? html``),
          bound: null,
        }),
        labels: ends,
        figures: ends.map((end) => own[end].map((rate) => (Number.isInteger(rate) ? count(rate) : rate.toFixed(1)))),
        isSpoken: true,
      };
    });
  });
  return figure(
    "Sign-ins a second",
    html`By what became of them, in the second they were scheduled for. Late: answered after ${time(spec.lateMs)}, or
    never. Degraded: served by the fallback.`,
    ends.map((end) => [
      html`<svg class="key" aria-hidden="true"><rect class="area ${end}" y="2" width="18" height="10" /></svg>`,
      end,
    ]),
    panels,
  );
}

/** Upper edges of the areas, one on top of the other. */
function stack(of: Readonly<Record<End, readonly number[]>>): Record<End, readonly number[]> {
  const plus = (a: readonly number[], b: readonly number[]): readonly number[] =>
    a.map((value, bin) => value + (b[bin] ?? 0));
  const degraded = plus(of.served, of.degraded);
  const late = plus(degraded, of.late);
  return { served: of.served, degraded, late, refused: plus(late, of.refused) };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function latency(ground: Ground): Markup {
  const { spec } = ground;
  return figure(
    "Sign-in latency, p95 of each second",
    html`From the scheduled time, on a logarithmic scale. Refusals are left out: a quick no does not make a service
    fast.`,
    lineKeys(spec),
    [
      timePanels(ground, "latency", "Sign-in latency", ({ latencyMs }) => latencyMs, {
        value: spec.lateMs,
        text: "late",
      }),
    ],
  );
}

function delay(ground: Ground): Markup {
  const { spec } = ground;
  return figure(
    "Mail delay, p95 of each second",
    html`From the second a mail was scheduled for to its mailbox, on a logarithmic scale. A mail that was not there by
    the end has waited until the end, and a bar at the top says so.`,
    [
      ...lineKeys(spec),
      [
        html`<svg class="key" aria-hidden="true"><line class="line missing" x2="18" y1="7" y2="7" /></svg>`,
        "not delivered by the end",
      ],
    ],
    [timePanels(ground, "delay", "Mail delay", ({ delayMs }) => delayMs, { value: spec.delayedMs, text: "delayed" })],
  );
}

/** Two lines a side, outside and inside, on one scale of time. */
function timePanels(
  { sides, axis, spec }: Ground,
  id: "latency" | "delay",
  title: string,
  pick: (series: Series) => Series["latencyMs"],
  bound: { value: number; text: string },
): readonly Panel[] {
  const all = sides.flatMap(({ series }) => wheres.flatMap((where) => pick(series)[where]));
  const scale = timeScale(Math.max(...all.map((value) => value ?? 0)));
  return sides.map((drawn, index) => {
    const { series } = drawn;
    const missing = (where: Where, bin: number): number => (id === "delay" ? (series.undelivered[where][bin] ?? 0) : 0);
    const isMissing = Array.from({ length: axis.bins }, (_, bin) => wheres.some((where) => missing(where, bin) > 0));
    const worst = wheres.map((where) => {
      const most = Math.max(...pick(series)[where].map((value) => value ?? 0));
      const undelivered = sum(series.undelivered[where]);
      const never = id === "delay" && undelivered > 0 ? `, ${count(undelivered)} not delivered by the end` : "";
      return `${placeName(where, spec)} at most ${time(most)}${never}`;
    });
    return {
      side: drawn.name,
      about: "",
      plot: plot({
        ...drawn,
        id: `${id}-${index}`,
        title: `${title}, p95 of each second, side ${drawn.name}`,
        description: `${worst.join("; ")}.`,
        axis,
        scale,
        marks: [
          line(pick(series).outside, scale, "outside") ?? html``,
          line(pick(series).inside, scale, "inside") ?? html``,
          bar(isMissing, 3, "missing") ?? html``,
        ],
        bound,
      }),
      labels: wheres.map((where) => placeName(where, spec)),
      figures: wheres.map((where) =>
        pick(series)[where].map((value, bin) => {
          const never = missing(where, bin);
          return `${value === null ? "none" : time(value)}${never > 0 ? ` (${count(never)} not delivered)` : ""}`;
        }),
      ),
      isSpoken: false,
    };
  });
}
