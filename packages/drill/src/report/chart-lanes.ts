/**
 * Mails waiting, lane by lane: whether one partition's silence becomes everybody's queue. Lanes beyond a few are drawn as
 * one, for a chart of sixty lines says nothing.
 */
import { figure, lineKeys, type Ground, type Panel } from "./chart-frame.ts";
import { count } from "./format.ts";
import { html, type Markup } from "./markup.ts";
import { line, linearScale, plot } from "./plot.ts";
import type { Series } from "./series.ts";

/** Lanes with a line of their own; more are drawn as one, the fullest of them. */
const mostLanes = 8;

export function lanesChart({ sides, axis, spec }: Ground): Markup {
  const kept = sides.map(({ series }) => fewLanes(series.lanes, spec.failedPartition));
  const scale = linearScale(Math.max(...kept.flatMap((own) => own.flatMap(({ queued }) => queued.map((n) => n ?? 0)))));
  const panels = sides.map((drawn, index): Panel => {
    const own = kept[index] ?? [];
    const most = own.map(({ name, queued }) => `${name} ${count(Math.max(...queued.map((n) => n ?? 0)))}`);
    return {
      side: drawn.name,
      about: "",
      plot: plot({
        ...drawn,
        id: `lanes-${index}`,
        title: `Mails waiting, lane by lane, side ${drawn.name}`,
        description: own.length === 0 ? "No lane was sampled." : `At most: ${most.join(", ")}.`,
        axis,
        scale,
        // The failed partition's lane last, so that it lies on top.
        marks: own
          .toSorted((a, b) => Number(a.isFailed) - Number(b.isFailed))
          .map(({ isFailed, queued }) => line(queued, scale, isFailed ? "inside" : "outside") ?? html``),
        bound: null,
      }),
      labels: own.map(({ name }) => name),
      figures: own.map(({ queued }) => queued.map((value) => (value === null ? "none" : count(value)))),
      isSpoken: false,
    };
  });
  const [outside, inside] = lineKeys(spec);
  return figure(
    "Mails waiting, lane by lane",
    html`Accepted, and not yet in their mailboxes. Asked once a second.`,
    [
      [outside?.[0] ?? null, "each other lane"],
      [inside?.[0] ?? null, `lane ${spec.failedPartition}`],
    ],
    [panels],
  );
}

interface Lane {
  readonly name: string;
  readonly isFailed: boolean;
  readonly queued: readonly (number | null)[];
}

function fewLanes(all: Series["lanes"], failed: string): readonly Lane[] {
  const lane = ({ partition, queued }: Series["lanes"][number]): Lane => ({
    name: partition,
    isFailed: partition === failed,
    queued,
  });
  if (all.length <= mostLanes) return all.map(lane);
  const others = all.filter(({ partition }) => partition !== failed);
  const rest = others.slice(mostLanes - 2);
  const fullest = (rest[0]?.queued ?? []).map((_, bin) => Math.max(...rest.map(({ queued }) => queued[bin] ?? 0)));
  return [...all.filter(({ partition }) => partition === failed), ...others.slice(0, mostLanes - 2)]
    .map(lane)
    .concat({ name: `fullest of ${rest.length} more`, isFailed: false, queued: fullest });
}
