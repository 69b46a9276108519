/**
 * "Again, and it stays so", said once. A stream of judged points (attempts, mails) is looked at through a sliding window
 * that begins at each point in turn; the stream is within its limit from the first moment after which no window is
 * outside it. One lucky answer in the middle of an outage is no recovery, and a recovery that does not last is none.
 * Cost: one pass over the points.
 */
import type { Instant } from "@cordon/model";
import { within, type Window } from "./window.ts";

/** Something that was due at `at`, and whether it went wrong. Lists are in order of `at`. */
export interface Point {
  readonly at: Instant;
  readonly bad: boolean;
}

/**
 * The first instant of `span` from which every window of `windowMs` has at most `badShare` of its points bad. It is the
 * start of the span when no window was ever outside; null when no point came after the last bad window, or when the
 * good time left is shorter than one window.
 */
export function withinFrom(points: readonly Point[], span: Window, windowMs: number, badShare: number): Instant | null {
  const slid = slide(points, span, windowMs);
  const lastOutside = slid.findLastIndex(({ bad, count }) => bad > badShare * count);
  if (lastOutside === -1) return span.from;
  const recoveredAt = slid[lastOutside + 1]?.at;
  return recoveredAt === undefined || recoveredAt + windowMs > span.to ? null : recoveredAt;
}

/** The first point that begins a whole window inside `span` with at least `fewest` points, none of them bad. */
export const firstGoodWindow = (
  points: readonly Point[],
  span: Window,
  windowMs: number,
  fewest: number,
): Instant | null =>
  slide(points, span, windowMs).find(({ at, bad, count }) => bad === 0 && count >= fewest && at + windowMs <= span.to)
    ?.at ?? null;

/** For each point of the span: how many points, and how many bad ones, lie in the window that begins at it. */
function slide(
  points: readonly Point[],
  span: Window,
  windowMs: number,
): { at: Instant; bad: number; count: number }[] {
  const inSpan = points.filter((point) => within(span, point.at));
  let next = 0;
  let bad = 0;
  return inSpan.map((first, index) => {
    for (; next < inSpan.length; next += 1) {
      const entering = inSpan[next];
      if (entering === undefined || entering.at >= first.at + windowMs) break;
      if (entering.bad) bad += 1;
    }
    const seen = { at: first.at, bad, count: next - index };
    if (first.bad) bad -= 1;
    return seen;
  });
}
