/**
 * The strip of events above the charts: what was done, noticed, acted on and well again, each kind in a row of its own, at
 * the same place on the fault clock as the effects below it.
 */
import type { Ground } from "./chart-frame.ts";
import { count, onClock } from "./format.ts";
import { html, type Markup } from "./markup.ts";
import { across, eventLines, shade, timeTicks } from "./plot.ts";
import type { Mark } from "./timeline.ts";

const stripRows: readonly { readonly marks: readonly Mark[]; readonly word: string }[] = [
  { marks: ["x", "v"], word: "fault" },
  { marks: ["!"], word: "noticed" },
  { marks: [">"], word: "acted" },
  { marks: ["+"], word: "well" },
];
const stripRowHeight = 16;

/** The events of each side as signs above the charts, one row a kind. */
export function eventStrips({ sides, axis }: Ground): Markup {
  const tall = stripRows.length * stripRowHeight;
  const panels = sides.map(({ side, name, rows }, index) => {
    const signs = stripRows.flatMap(({ marks }, row) =>
      rows
        .filter(({ mark }) => marks.includes(mark))
        .map(
          ({ atMs, mark, text }) =>
            html`<text class="sign" x="${across(axis, atMs)}" y="${row * stripRowHeight + 12}"
              >${mark}<title>${onClock(atMs)} s: ${text}</title></text
            >`,
        ),
    );
    const words = stripRows.map(
      ({ word }, row) => html`<text class="tick up" x="-6" y="${row * stripRowHeight + 8}">${word}</text>`,
    );
    const id = `events-${index}`;
    return html`<div class="panel">
      <p class="head"><strong>${name}</strong></p>
      <svg class="plot" role="img" aria-labelledby="${id}-t ${id}-d" width="100%" height="${tall + 20}">
        <title id="${id}-t">Events of side ${name}</title>
        <desc id="${id}-d">${count(rows.length)} events drawn; the timeline below tells them in words.</desc>
        ${shade(axis, side, tall)}${words}${eventLines(axis, rows, tall)}${signs}${timeTicks(axis, tall)}
        <line class="cursor" y2="${tall}" />
      </svg>
    </div>`;
  });
  return html`<figure>
    <figcaption>
      <h3>Events</h3>
      <p>
        x breaks, v healed, ! noticed or felt, &gt; the system acts, + well again. Shaded: the fault is on. Seconds
        since the injection.
      </p>
    </figcaption>
    <div class="pair">${panels}</div>
  </figure>`;
}
