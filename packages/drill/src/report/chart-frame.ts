/**
 * What every chart of a report stands in: its heading, its legend, its plots side by side, the figures each of them hands
 * to the cursor, and the cursor itself. Figures are written here as words, so that the page's script formats nothing.
 */
import type { DrillSpec } from "@cordon/measure";
import type { Side } from "@cordon/model";
import { html, type Markup, type Piece } from "./markup.ts";
import { wheres, type Axis, type Series, type Where } from "./series.ts";
import type { Row } from "./timeline.ts";

/** A side with what is drawn of it. */
export interface Drawn {
  readonly side: Side;
  readonly name: string;
  readonly rows: readonly Row[];
  readonly series: Series;
}

/** What one chart needs to know. */
export interface Ground {
  readonly sides: readonly Drawn[];
  readonly axis: Axis;
  readonly spec: DrillSpec;
}

/** A plot in its frame: what it shows, and its figures for the cursor. */
export interface Panel {
  readonly side: string;
  readonly about: string;
  readonly plot: Markup;
  /** One word a series, and a list of figures for each. */
  readonly labels: readonly string[];
  readonly figures: readonly (readonly string[])[];
  /** Read out when the cursor moves. */
  readonly isSpoken: boolean;
}

export const placeName = (where: Where, spec: DrillSpec): string => `${where} ${spec.failedPartition}`;

export const lineKeys = (spec: DrillSpec): readonly Key[] =>
  wheres.map((where) => [
    html`<svg class="key" aria-hidden="true"><line class="line ${where}" x2="18" y1="7" y2="7" /></svg>`,
    placeName(where, spec),
  ]);

export type Key = readonly [Piece, string];

export function figure(
  title: string,
  caption: Markup,
  keys: readonly Key[],
  rows: readonly (readonly Panel[])[],
): Markup {
  const legend = keys.map(([sign, word]) => html`<li>${sign} ${word}</li>`);
  return html`<figure>
    <figcaption>
      <h3>${title}</h3>
      <p>${caption}</p>
      <ul class="keys">
        ${legend}
      </ul>
    </figcaption>
    ${rows.map((panels) => html`<div class="pair">${panels.map(framed)}</div>`)}
  </figure>`;
}

const framed = ({ side, about, plot: drawing, labels, figures, isSpoken }: Panel): Markup =>
  html`<div
    class="panel"
    data-name="${about === "" ? side : `${side}, ${about}`}"
    data-spoken="${isSpoken ? 1 : 0}"
    data-labels="${labels.join("|")}"
    data-figures="${figures.map((list) => list.join("|")).join(";")}"
  >
    <p class="head"><strong>${side}</strong> ${about} <span class="at"></span></p>
    ${drawing}
  </div>`;

/** The one cursor over all charts. Without a script there is none to move, and it stays hidden. */
export const cursorBar = (axis: Axis): Markup =>
  html`<div id="cursor" class="cursor-bar" data-from="${axis.fromMs}" data-bin="${axis.binMs}" hidden>
      <label for="moment">Time since the injection</label
      ><input id="moment" type="range" min="0" max="${axis.bins - 1}" step="1" /><output
        id="moment-text"
        for="moment"
      ></output>
    </div>
    <p id="spoken" class="unseen" aria-live="polite"></p>`;
