/**
 * One plot: scales, axes, areas, lines and the shaded fault, as SVG that is as wide as its place and never scales its
 * letters. What stretches is drawn in an inner coordinate system, one unit a stretch of time; words and ticks stand
 * outside it at percentages. Every plot has a title and a description, for those who do not see it.
 */
import type { Side } from "@cordon/model";
import { count, time } from "./format.ts";
import { html, type Markup } from "./markup.ts";
import type { Row } from "./timeline.ts";
import type { Axis, Figures } from "./series.ts";

/** A vertical scale, in pixels from the top of the plot. */
export interface Scale {
  readonly height: number;
  readonly y: (value: number) => number;
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
}

const height = 132;
/** Room above the data, for what stands at the very top. */
const headroom = 10;

/** From 0 to a round number not below `max`. */
export function linearScale(max: number): Scale {
  const top = roundUp(Math.max(1, max));
  const values = [0, top / 2, top];
  return {
    height,
    y: (value) => height - (value / top) * (height - headroom),
    ticks: values.map((value) => ({ value, text: value >= 10 ? count(Math.round(value)) : String(value) })),
  };
}

function roundUp(max: number): number {
  const power = 10 ** Math.floor(Math.log10(max));
  return ([1, 2, 4, 6, 8, 10].find((step) => step * power >= max) ?? 10) * power;
}

/** Logarithmic, from 10 ms to a power of ten not below `maxMs`, and to 10 s at least. */
export function timeScale(maxMs: number): Scale {
  const lowest = 10;
  const top = 10 ** Math.max(4, Math.ceil(Math.log10(Math.max(maxMs, 1))));
  const decades = Math.round(Math.log10(top / lowest));
  return {
    height,
    y: (value) => height - (Math.log10(Math.max(value, lowest) / lowest) / decades) * (height - headroom),
    ticks: Array.from({ length: decades + 1 }, (_, decade) => lowest * 10 ** decade).map((value) => ({
      value,
      text: time(value),
    })),
  };
}

/** Where a moment of the fault clock stands on the axis, 0..1. */
const shareOf = (axis: Axis, atMs: number): number =>
  Math.min(1, Math.max(0, (atMs - axis.fromMs) / (axis.toMs - axis.fromMs)));

/** The same, as SVG says it. */
export const across = (axis: Axis, atMs: number): string => `${(shareOf(axis, atMs) * 100).toFixed(2)}%`;

export interface Plot {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly axis: Axis;
  readonly scale: Scale;
  readonly side: Side;
  readonly rows: readonly Row[];
  /** Drawn in the inner coordinates. */
  readonly marks: readonly Markup[];
  /** A horizontal line at a value, with a word. */
  readonly bound: { readonly value: number; readonly text: string } | null;
}

export function plot({ id, title, description, axis, scale, side, rows, marks, bound }: Plot): Markup {
  const { ticks, y } = scale;
  const at = (value: number): string => y(value).toFixed(1);
  const grid = ticks.map(
    ({ value, text }) =>
      html`<line class="grid" x2="100%" y1="${at(value)}" y2="${at(value)}" /><text
          class="tick up"
          x="-6"
          y="${at(value)}"
          >${text}</text
        >`,
  );
  const limit =
    bound === null
      ? null
      : html`<line class="bound" x2="100%" y1="${at(bound.value)}" y2="${at(bound.value)}" /><text
            class="tick word"
            x="2"
            y="${(y(bound.value) - 4).toFixed(1)}"
            >${bound.text}</text
          >`;
  return html`<svg class="plot" role="img" aria-labelledby="${id}-t ${id}-d" width="100%" height="${scale.height + 20}">
    <title id="${id}-t">${title}</title>
    <desc id="${id}-d">${description}</desc>
    ${shade(axis, side, scale.height)}${grid}<svg
      width="100%"
      height="${scale.height}"
      viewBox="0 0 ${axis.bins} ${scale.height}"
      preserveAspectRatio="none"
    >
      ${marks}</svg
    >${limit}${eventLines(axis, rows, scale.height)}${timeTicks(axis, scale.height)}
    <line class="cursor" y2="${scale.height}" />
  </svg>`;
}

/** The stretch in which the fault was on. */
export function shade(axis: Axis, { fault }: Side, tall: number): Markup | null {
  if (fault.injectedAtMs === null) return null;
  const width = shareOf(axis, fault.removedAtMs ?? axis.toMs) - shareOf(axis, fault.injectedAtMs);
  return html`<rect
    class="fault"
    x="${across(axis, fault.injectedAtMs)}"
    width="${(width * 100).toFixed(2)}%"
    height="${tall}"
  />`;
}

/** Thin lines down a plot, one a moment at which something happened. */
export function eventLines(axis: Axis, rows: readonly Row[], tall: number): Markup | null {
  const places = new Set(rows.map(({ atMs }) => Math.round(shareOf(axis, atMs) * 1_000)));
  if (places.size === 0) return null;
  const path = [...places].map((place) => `M${place} 0V${tall}`).join("");
  return html`<svg width="100%" height="${tall}" viewBox="0 0 1000 ${tall}" preserveAspectRatio="none">
    <path class="event" d="${path}" />
  </svg>`;
}

const tickSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
const mostTicks = 7;

export function timeTicks(axis: Axis, y: number): readonly Markup[] {
  const [from, to] = [axis.fromMs / 1_000, axis.toMs / 1_000];
  const step = tickSteps.find((each) => (to - from) / each <= mostTicks) ?? Math.ceil((to - from) / mostTicks);
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, index) => (first + index) * step).map(
    (second) => html`<text class="tick" x="${across(axis, second * 1_000)}" y="${y + 14}">${second}</text>`,
  );
}

/** A filled staircase from the ground to the values. */
export function area(values: readonly number[], scale: Scale, name: string): Markup | null {
  if (values.every((value) => value === 0)) return null;
  const steps = values.map((value, bin) => {
    const top = place(scale, value);
    return `${bin > 0 && top === place(scale, values[bin - 1] ?? 0) ? "" : `V${top}`}H${bin + 1}`;
  });
  return html`<path class="${name}" d="${`M0 ${scale.height}${steps.join("")}V${scale.height}Z`}" />`;
}

/** A stepped line, with gaps where there is no figure. A sloping one would begin before its cause. */
export function line(values: Figures, scale: Scale, name: string): Markup | null {
  const steps = values.map((value, bin) => {
    if (value === null) return "";
    const before = values[bin - 1] ?? null;
    const y = place(scale, value);
    if (before === null) return `M${bin} ${y}H${bin + 1}`;
    return `${place(scale, before) === y ? "" : `V${y}`}H${bin + 1}`;
  });
  const path = steps.join("");
  return path === "" ? null : html`<path class="line ${name}" d="${path}" />`;
}

/** A bar over the stretches in which something was so, `y` pixels from the top. */
export function bar(isSo: readonly boolean[], y: number, name: string): Markup | null {
  const path = isSo
    .map((is, bin) => {
      if (!is) return "";
      return isSo[bin - 1] === true ? `H${bin + 1}` : `M${bin} ${y}H${bin + 1}`;
    })
    .join("");
  return path === "" ? null : html`<path class="line ${name}" d="${path}" />`;
}

const place = ({ y }: Scale, value: number): string => String(Number(y(value).toFixed(1)));
