/**
 * What a load came to. Where nothing was served there is nothing to excuse. A generator that was itself the bottleneck
 * gives no verdict, neither a good nor a bad one. A limit that broke under less than was asked for is broken all the same,
 * and one that held under less has not been tried.
 * Invariant: `held` only where something was served, all that was to be sent was, and every limit could be read.
 */
import { samplesFor, type HeldLimit } from "./limits.ts";
import type { OwnFigures } from "./own.ts";
import type { LoadFigures } from "./tally.ts";

export const loadVerdicts = ["held", "broken", "no-verdict", "interrupted"] as const;

export interface LoadVerdict {
  readonly kind: (typeof loadVerdicts)[number];
  /** For a person: why, and what to do. Empty when it held. */
  readonly reasons: readonly string[];
}

export interface OwnBounds {
  readonly lagP99Ms: number;
  /** Share of one core, 0..1. */
  readonly coreShare: number;
}

export interface Judged {
  readonly limits: readonly HeldLimit[];
  readonly figures: LoadFigures;
  readonly own: OwnFigures;
  readonly bounds: OwnBounds;
  /** Attempts that were to be sent; null: as many as were answered. */
  readonly planned: number | null;
  readonly isCut: boolean;
}

export function judgeLoad({ limits, figures, own, bounds, planned, isCut }: Judged): LoadVerdict {
  const { served, failed, unfinished, sent, unsent } = figures;
  if (isCut) return { kind: "interrupted", reasons: ["it was broken off: these are the figures so far"] };
  if (served === 0) {
    const why = `nothing was served: ${failed} failed, ${unfinished} had no answer when it ended`;
    return { kind: "broken", reasons: [why] };
  }
  const bottleneck = bottleneckOf(own, unsent, bounds);
  if (bottleneck.length > 0) return { kind: "no-verdict", reasons: [...bottleneck, adviceFor(own, bounds)] };
  const broken = limits.filter(({ held }) => held === false);
  if (broken.length > 0) return { kind: "broken", reasons: broken.map((limit) => whyBroken(limit, figures)) };
  if (planned !== null && sent < planned) {
    const why = `${sent} of ${planned} were sent: every connection was waiting for its answer`;
    return { kind: "no-verdict", reasons: [why, "give more --connections, or --open"] };
  }
  const unread = limits.filter(({ held }) => held === null);
  if (unread.length > 0) {
    const few = unread.map(
      (limit) => `${limit.text} takes ${samplesFor(limit)} samples, not ${figures.latency.samples}`,
    );
    return { kind: "no-verdict", reasons: [...few, "load longer (--for), or limit p95"] };
  }
  return { kind: "held", reasons: [] };
}

/** In what the generator was the bottleneck, in words. */
function bottleneckOf({ lagP99Ms, coreShare }: OwnFigures, unsent: number, bounds: OwnBounds): readonly string[] {
  return [
    ...(lagP99Ms !== null && lagP99Ms > bounds.lagP99Ms
      ? [`the generator itself was ${lagP99Ms.toFixed(1)} ms late (p99; at most ${bounds.lagP99Ms} ms)`]
      : []),
    ...(coreShare > bounds.coreShare
      ? [`the generator used ${percent(coreShare)} of its core (at most ${percent(bounds.coreShare)})`]
      : []),
    ...(unsent > 0 ? [`${unsent} were never sent: too many were under way`] : []),
  ];
}

/** Others have this much of all cores, and the generator so little of its own, before it is their doing that it was late. */
const crowded = { othersShare: 0.5, coreShare: 0.5 };

/** What to do about a generator that was the bottleneck: a lower rate gives nothing back that others hold. */
function adviceFor({ lagP99Ms, coreShare, othersShare }: OwnFigures, bounds: OwnBounds): string {
  const less = "lower the rate, or load from another machine";
  const isOthers = othersShare !== null && othersShare > crowded.othersShare && coreShare < crowded.coreShare;
  if (!isOthers || lagP99Ms === null || lagP99Ms <= bounds.lagP99Ms) return less;
  const taken = `other processes, with what is loaded, took ${percent(othersShare)} of all cores, it ${percent(coreShare)} of its own`;
  return `${taken}: end what does not belong to it; only if nothing else runs here, ${less}`;
}

/** A broken limit, with what the figure beside it does not say: how the others were, or what the failures were. */
function whyBroken({ text, figure }: HeldLimit, { latency, ends }: LoadFigures): string {
  const failures = Object.entries(ends).filter(([code]) => !code.startsWith("2"));
  const [worst] = failures.toSorted(([a, many], [b, other]) => other - many || (a < b ? -1 : 1));
  const half = figure === "p50" ? "" : `half took ${ms(latency.p50)} or less, `;
  if (figure !== "errors" && figure !== "ok") return `${text} was broken: ${half}the slowest took ${ms(latency.max)}`;
  return worst === undefined
    ? `${text} was broken`
    : `${text} was broken: ${worst[1]} ended with ${worst[0]}, the most`;
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
const ms = (value: number | null): string => (value === null ? "too few to tell" : `${value.toFixed(0)} ms`);
