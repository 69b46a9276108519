/**
 * Numbers, shares and durations as a person writes them after an option, each within bounds that are named. What does not
 * fit is refused with what would have been right, before anything is started.
 */
import { endings, Refusal } from "./exit.ts";

export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** A whole number, as in `--partitions 4`. Throws a Refusal. */
export function wholeNumber(option: string, text: string, { least, most }: Bounds): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Refusal(`${option} ${text}: give a whole number from ${least} to ${most}`, endings.usage);
}

/** A share of 0 to 1, as in `--toxicity 0.3`. Throws a Refusal. */
export function share(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 1) return value;
  throw new Refusal(`${option} ${text}: give a share from 0 to 1`, endings.usage);
}

const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration, as in `--lease 30s`. Throws a Refusal. */
export function duration(option: string, text: string, { least, most }: Bounds): number {
  const [, count = "", unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const value = Math.round(Number(count) * (milliseconds[unit] ?? Number.NaN));
  if (value >= least && value <= most) return value;
  throw new Refusal(
    `${option} ${text}: give a time from ${least / 1_000} s to ${most / 60_000} min, as in 500ms, 30s, 5m or 1h`,
    endings.usage,
  );
}
