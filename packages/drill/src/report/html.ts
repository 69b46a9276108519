/**
 * report.html: what a drill found, on one page that needs nothing but itself. Verdict first, then the limits, then the
 * charts that show why. It opens from a disk, without a network: the page forbids itself every request, and runs the one
 * script it was written with and no other. Invariant: at most 200 KB, however long the run was.
 */
import { createHash } from "node:crypto";
import type { DrillSpec, SideRun } from "@cordon/measure";
import type { Result, Side, Verdict } from "@cordon/model";
import type { Drill } from "../drill.ts";
import { charts } from "./charts.ts";
import { html, trusted, type Markup } from "./markup.ts";
import { css } from "./page.css.ts";
import { script } from "./page.script.ts";
import * as sections from "./sections.ts";
import { timelineTable } from "./timeline-table.ts";
import { controlWords, handsOnWords, reproduceCommand, sidesInOrder } from "./sides.ts";
import { timelineOf } from "./timeline.ts";

/** The whole page. `runs` are the sides' histories, found by preset; `call` are the words `cordon` is called by. */
export function htmlReport(
  drill: Drill,
  result: Result,
  runs: readonly SideRun[],
  spec: DrillSpec,
  call: string,
): string {
  const sides = sidesInOrder(result);
  const columns = sides.map((side) => {
    const run = runs.find(({ preset }) => preset === side.preset);
    return run === undefined ? [] : timelineOf(side, run, spec);
  });
  const shown = sides.length === 0 ? parts.filter(({ id }) => id === "environment" || id === "reproduce") : parts;
  const [first] = shown;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${result.verdict.toUpperCase()}: ${drill.title}</title>
        ${style}
      </head>
      <body>
        ${
          first === undefined
            ? null
            : html`<a class="skip" href="#${first.id}">Skip to the ${first.title.toLowerCase()}</a>`
        }
        ${stripes}
        <header>
          <p class="run">${result.drill}, variant ${result.variant}, ${result.profile}, seed ${result.seed}</p>
          <h1>${drill.title}</h1>
        </header>
        <main>
          ${verdict(drill, result)}
          <nav aria-label="On this page">
            <ul>
              ${shown.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
            </ul>
          </nav>
          ${sides.length === 0 ? null : found(sides, charts(sides, runs, columns, spec), timelineTable(sides, columns))}
          ${section("environment", sections.environment(result, sides))}
          ${section("reproduce", html`<pre><code>${reproduceCommand(drill, result, spec, call)}</code></pre>`)}
        </main>
        <footer>
          <p>
            Written by Cordon ${result.cordon.version} from the histories of this run; the figures stand in result.json
            beside this page.
          </p>
        </footer>
        ${cursor}
      </body>
    </html> `;
  return page.markup;
}

/** What the sides showed. A run of which no side came to its end has none of it. */
const found = (sides: readonly Side[], drawn: Markup, timeline: Markup): Markup =>
  html`${section("limits", sections.limitsTable(sides))} ${section("charts", drawn)} ${section("timeline", timeline)}
  ${section("impact", html`${sections.impactTable(sides)}${sections.signInTable(sides)}`)}
  ${section(
    "ledger",
    html`<p>
        Each accepted mail has exactly one fate in each of its mailboxes: accepted = delivered + queued + bounced +
        quarantined + lost.
      </p>
      ${sections.ledgerTable(sides)}`,
  )}
  ${section(
    "service",
    html`<p>
        Worst tenant and fleet stand side by side, because a fleet’s average hides a tenant’s outage: who lives wholly
        in the failed partition is down for all of it, while the fleet is down only by that partition’s share.
      </p>
      ${sections.serviceTable(sides)}`,
  )}`;

const parts = [
  { id: "limits", title: "Limits" },
  { id: "charts", title: "Charts" },
  { id: "timeline", title: "Timeline" },
  { id: "impact", title: "Impact" },
  { id: "ledger", title: "Mail ledger" },
  { id: "service", title: "Service level" },
  { id: "environment", title: "Environment" },
  { id: "reproduce", title: "Run it again" },
] as const;

function section(id: (typeof parts)[number]["id"], content: Markup): Markup {
  const title = parts.find((part) => part.id === id)?.title ?? id;
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${content}
  </section>`;
}

/** Put together outside any template: not one character may be added, or the fingerprints below do not fit. */
const style = trusted(`<style>${css}</style>`);
const cursor = trusted(`<script>${script}</script>`);

/** Nothing may be fetched, and nothing but this style sheet and this script may take effect. */
const fingerprint = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const policy = `default-src 'none'; style-src ${fingerprint(css)}; script-src ${fingerprint(script)}; base-uri 'none'; form-action 'none'`;

/** Horizontal, because charts stretch sideways. */
const stripes = html`<svg class="unseen" aria-hidden="true">
  <defs>
    <pattern id="stripes" width="4" height="4" patternUnits="userSpaceOnUse">
      <rect width="4" height="4" />
      <path d="M0 1h4" />
    </pattern>
  </defs>
</svg>`;

/** A shape of its own for each verdict. */
const shapes: Readonly<Record<Verdict, string>> = {
  held: "M16 2a14 14 0 1 0 .01 0zM9 16l5 5 9-10",
  refuted: "M10.5 3h11L29 10.5v11L21.5 29h-11L3 21.5v-11zM11 11l10 10M21 11L11 21",
  invalid: "M16 3l14 25H2zM16 12v8M16 24v.01",
  aborted: "M4 4h24v24H4zM10 16h12",
  exploratory: "M16 2l14 14-14 14L2 16zM12.5 13a3.5 3.5 0 1 1 5 3.2c-1 .5-1.5 1-1.5 2.3M16 22.5v.01",
};

const meanings: Readonly<Record<Verdict, string>> = {
  held: "The drill could have shown otherwise, and did not.",
  refuted: "The hypothesis does not stand.",
  invalid: "This run proves nothing, neither good nor bad.",
  aborted: "The run was cut short; everything was rolled back.",
  exploratory: "Not the drill as it stands, so nothing is claimed.",
};

function verdict(drill: Drill, result: Result): Markup {
  const control = controlWords(result);
  const variant = drill.variants.find(({ id }) => id === result.variant);
  return html`<section class="verdict ${result.verdict}" aria-labelledby="verdict">
    <h2 id="verdict">
      <svg viewBox="0 0 32 32" aria-hidden="true"><path d="${shapes[result.verdict]}" /></svg
      >${result.verdict.toUpperCase()}
    </h2>
    <p><strong>${capital(result.reason)}.</strong> ${meanings[result.verdict]}</p>
    ${control === undefined ? null : html`<p>${control}.</p>`}
    ${handsOnWords(result).map((words) => html`<p>${capital(words)}.</p>`)}
    <p class="quiet">
      ${drill.incident}${variant === undefined || result.sides.length === 0 ? null : ` Here: ${variant.injected}.`}
    </p>
  </section>`;
}

/** As a sentence begins. A name keeps its case: of a partition, a figure or an option, all of which are more than letters. */
const capital = (text: string): string =>
  /^[a-z]+[.,:;]?(?:\s|$)/.test(text) ? text.slice(0, 1).toUpperCase() + text.slice(1) : text;
