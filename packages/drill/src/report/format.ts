/** How figures are written, in one place, so that terminal, Markdown and HTML say a figure the same way. */
import type { LimitResult, Pct } from "@cordon/model";

/** `0.0 %`, `100.0 %`; a dash for what never came. A share that is not quite zero never reads as zero. */
export function share(value: number | null): string {
  if (value === null) return "-";
  const percent = value * 100;
  if (percent > 0 && percent < 0.05) return "< 0.1 %";
  if (percent < 100 && percent > 99.95) return "> 99.9 %";
  return `${percent.toFixed(1)} %`;
}

/** Text with a sign in the place of each control character: no page may hold one, and no reader sees one. */
export const visible = (text: string): string =>
  text.replaceAll(/[^\P{Cc}\t\n]/gu, (sign) =>
    sign < " " ? String.fromCodePoint(0x24_00 + (sign.codePointAt(0) ?? 0)) : "\u{fffd}",
  );

/** `38 ms`, `0.9 s`, `58 s`. */
export function time(ms: number | null): string {
  if (ms === null) return "-";
  if (Math.abs(ms) < 100) return `${ms.toFixed(0)} ms`;
  const seconds = ms / 1_000;
  return Math.abs(seconds) < 10 ? `${seconds.toFixed(1)} s` : `${seconds.toFixed(0)} s`;
}

/** `18,204`, the same in every locale. */
export const count = (value: number): string => value.toLocaleString("en-GB");

/** A limit's value in its unit. */
export function measured(value: number | null, unit: LimitResult["unit"]): string {
  if (value === null) return "-";
  switch (unit) {
    case "share":
      return share(value);
    case "ms":
      return time(value);
    case "ratio":
      return value.toFixed(2);
    case "count":
      return count(value);
  }
}

/** `<= 0.1 %`. */
export const bound = ({ op, limit, unit }: Pick<LimitResult, "op" | "limit" | "unit">): string =>
  `${op} ${measured(limit, unit)}`;

/** `98.750 %` of a month. What is not all of it never reads as all. */
export const uptime = (value: number): string => `${(value < 1 ? Math.min(value * 100, 99.999) : 100).toFixed(3)} %`;

/** `p95 0.9 s`; where a p95 would be a guess, what there is: `p50 3.2 s, max 8.0 s of 57`. */
export function delays({ samples, p50, p95, max }: Pct): string {
  if (p95 !== null) return `p95 ${time(p95)}`;
  return samples === 0 ? "-" : `p50 ${time(p50)}, max ${time(max)} of ${count(samples)}`;
}

/** `0.4`, seconds on the fault clock, to the nearest tenth. */
export const onClock = (atMs: number): string => (Math.round(atMs / 100) / 10).toFixed(1);
