/**
 * The timeline of a report as a table: one row a moment, one column a side. What a mark says is said in a word too, for who
 * does not see it.
 */
import type { Side } from "@cordon/model";
import { count, onClock } from "./format.ts";
import { html, type Markup } from "./markup.ts";
import { nameOf } from "./sides.ts";
import { pairRows, type Mark, type Row } from "./timeline.ts";

const markWords: Readonly<Record<Mark, { readonly word: string; readonly name: string }>> = {
  x: { word: "breaks", name: "m-x" },
  v: { word: "healed", name: "m-healed" },
  "!": { word: "noticed", name: "m-felt" },
  ">": { word: "acts", name: "m-acts" },
  "+": { word: "well", name: "m-well" },
};

/** More rows than this no reader follows; what is left out stands in result.json. */
const mostRows = 150;

export function timelineTable(sides: readonly Side[], columns: readonly (readonly Row[])[]): Markup {
  const lines = pairRows(columns);
  const rows = lines.slice(0, mostRows).map(
    ({ atMs, cells }) =>
      html`<tr>
        <th scope="row" class="moment">${onClock(atMs)}</th>
        ${cells.map(timelineCell)}
      </tr>`,
  );
  const left = lines.length - mostRows;
  return html`<table class="timeline">
      <caption>
        Seconds since the injection. x breaks, v healed, ! noticed or felt, &gt; the system acts, + well again
      </caption>
      <thead>
        <tr>
          <th scope="col" class="moment">s</th>
          ${sides.map((side) => html`<th scope="col">${nameOf(side)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
    ${left > 0 ? html`<p>${count(left)} later rows stand in result.json.</p>` : null}`;
}

function timelineCell(row: Row | undefined): Markup {
  if (row === undefined) return html`<td></td>`;
  const { word, name } = markWords[row.mark];
  return html`<td class="${name}">
    <b aria-hidden="true">${row.mark}</b><span class="unseen">${word}:</span> ${row.text}
  </td>`;
}
