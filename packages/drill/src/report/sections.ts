/**
 * The tables of a report: limits, sign-ins, ledger, service level, surroundings. One column a side, the baseline left and
 * the candidate right. A broken limit says so in a word; no cell tells anything by colour alone.
 */
import type { LimitClass, LimitResult, Load, Result, Side } from "@cordon/model";
import { bound, count, delays, measured, share, time, uptime } from "./format.ts";
import { html, type Markup, type Piece } from "./markup.ts";
import { nameOf } from "./sides.ts";

type Sides = readonly Side[];

const heads = (sides: Sides): readonly Markup[] =>
  sides.map((side) => html`<th scope="col" class="figure">${nameOf(side)}</th>`);

const classes: readonly { readonly id: LimitClass; readonly words: string }[] = [
  { id: "harm", words: "Harm: what users felt" },
  { id: "mechanism", words: "Mechanism: how it was contained" },
  { id: "invariant", words: "Invariant: what must never happen" },
];

/** Each limit of the hypothesis with the figure of each side. */
export function limitsTable(sides: Sides): Markup {
  const limits = sides.at(-1)?.limits ?? [];
  const groups = classes.map(({ id, words }) => {
    const own = limits.filter((limit) => limit.class === id);
    if (own.length === 0) return null;
    return html`<tbody>
      <tr>
        <th scope="rowgroup" colspan="${sides.length + 2}">${words}</th>
      </tr>
      ${own.map((limit) => limitRow(limit, sides))}
    </tbody>`;
  });
  return html`<table class="limits">
    <caption>
      The hypothesis, and what each side showed. A dash: it never came, which breaks the limit.
    </caption>
    <thead>
      <tr>
        <th scope="col">limit</th>
        <th scope="col">bound</th>
        ${sides.map((side) => html`<th scope="col" class="figure states">${nameOf(side)}</th>`)}
      </tr>
    </thead>
    ${groups}
  </table>`;
}

function limitRow(limit: LimitResult, sides: Sides): Markup {
  const cells = sides.map((side) => {
    const own = side.limits.find(({ id }) => id === limit.id);
    if (own === undefined) return html`<td class="figure states">${measured(null, limit.unit)}</td>`;
    const never = own.measured === null ? html`<span class="unseen">no figure</span>` : null;
    const state = own.held ? html`<span class="state yes">✓ held</span>` : html`<span class="state no">✗ broken</span>`;
    return html`<td class="figure">${measured(own.measured, own.unit)}${never}${state}</td>`;
  });
  return html`<tr>
    <th scope="row">${limit.title}</th>
    <td class="bounded">${bound(limit)}</td>
    ${cells}
  </tr>`;
}

/** A figure stays on its line; several of them in one cell may need two on a phone. */
const classOf = (text: string): string => (text.includes(",") && text.includes(" ") ? "figure long" : "figure");

/** A table of figures: one row a figure, one column a side. */
function sideTable(
  caption: string,
  sides: Sides,
  rows: readonly (readonly [string, (side: Side) => string])[],
): Markup {
  const body = rows.map(
    ([words, figure]) =>
      html`<tr>
        <th scope="row">${words}</th>
        ${sides.map(figure).map((text) => html`<td class="${classOf(text)}">${text}</td>`)}
      </tr>`,
  );
  return html`<table>
    <caption>
      ${caption}
    </caption>
    <thead>
      <tr>
        <th scope="col">figure</th>
        ${heads(sides)}
      </tr>
    </thead>
    <tbody>
      ${body}
    </tbody>
  </table>`;
}

/** Who was hurt, and how soon it was noticed, cut off, taken over and over. */
export const impactTable = (sides: Sides): Markup =>
  sideTable(
    "Users hurt (refused or late at least once), and times since the injection. A dash: it never came.",
    sides,
    [
      ["users hurt outside the failed partition", ({ hurt }) => share(hurt.outside)],
      ["users hurt inside it", ({ hurt }) => share(hurt.inside)],
      ["users hurt, all together", ({ hurt }) => share(hurt.overall)],
      ["detected after", ({ ttdMs }) => time(ttdMs)],
      ["isolated after", ({ ttiMs }) => time(ttiMs)],
      ["failed over after", ({ failoverMs }) => time(failoverMs)],
      ["recovered, after the failover or else the fault's end", ({ ttrMs }) => time(ttrMs)],
      ["amplification of load on the failed partition", ({ amplification }) => measured(amplification, "ratio")],
      ["fault proven to bite after", ({ fault }) => time(fault.provenAtMs)],
      ["fault taken away after", ({ fault }) => time(fault.removedAtMs)],
      ["fault proven gone after", ({ fault }) => time(fault.provenGoneAtMs)],
    ],
  );

const loadRows: readonly (readonly [string, (load: Load) => string])[] = [
  ["scheduled", ({ scheduled }) => count(scheduled)],
  ["served", ({ ok }) => count(ok)],
  ["degraded", ({ degraded }) => count(degraded)],
  ["late", ({ late }) => count(late)],
  ["refused", ({ refused }) => count(refused)],
  ["no answer", ({ unknown }) => count(unknown)],
  ["p50", ({ p50Ms }) => time(p50Ms)],
  ["p95", ({ p95Ms }) => time(p95Ms)],
  ["p95 before the fault", ({ steady }) => time(steady.p95Ms)],
];

/** Sign-ins from the injection to the end, outside and inside the failed partition. */
export function signInTable(sides: Sides): Markup {
  const rows = loadRows.map(([words, figure]) => {
    const cells = sides.map(
      ({ signIn }) =>
        html`<td class="figure">${figure(signIn.outside)}</td>
          <td class="figure">${figure(signIn.inside)}</td>`,
    );
    return html`<tr>
      <th scope="row">${words}</th>
      ${cells}
    </tr>`;
  });
  const where = sides.map(
    () =>
      html`<th scope="col" class="figure">outside</th>
        <th scope="col" class="figure">inside</th>`,
  );
  const groups = sides.map((side) => html`<th scope="colgroup" colspan="2" class="figure">${nameOf(side)}</th>`);
  return html`<table class="dense">
    <caption>
      Sign-ins from the injection to the end, outside and inside the failed partition. A dash: too few for the figure to
      mean anything.
    </caption>
    <thead>
      <tr>
        <td></td>
        ${groups}
      </tr>
      <tr>
        <th scope="col">sign-ins</th>
        ${where}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

export const ledgerTable = (sides: Sides): Markup =>
  sideTable("Mails by mailbox, the warm-up included, counted in the Maildirs themselves", sides, [
    ["accepted (250)", ({ mail }) => count(mail.ok)],
    ["delivered", ({ mail }) => count(mail.delivered)],
    ["still queued", ({ mail }) => count(mail.queued)],
    ["bounced", ({ mail }) => count(mail.bounced)],
    ["quarantined", ({ mail }) => count(mail.quarantined)],
    ["lost", ({ mail }) => count(mail.lost)],
    ["duplicated", ({ mail }) => count(mail.duplicated)],
    ["refused", ({ mail }) => count(mail.refused)],
    ["ended without an answer", ({ mail }) => count(mail.unknown)],
    ["delay, others", ({ mail }) => delays(mail.delayMs.outside)],
    ["delay, failed partition", ({ mail }) => delays(mail.delayMs.inside)],
  ]);

export const serviceTable = (sides: Sides): Markup =>
  sideTable("Of a 30-day month with the whole incident in it", sides, [
    ["worst tenant: uptime", ({ sla }) => uptime(sla.worstTenant)],
    ["worst tenant: credit", ({ sla }) => share(sla.creditWorstTenant)],
    ["fleet: uptime", ({ sla }) => uptime(sla.fleet)],
    ["fleet: credit", ({ sla }) => share(sla.creditFleet)],
    ["real time to isolate and to drain", ({ sla }) => time(sla.transientSeconds * 1_000)],
    ["down in between, for as long as it lasts", ({ sla }) => share(sla.sustainedShare)],
  ]);

/** Where and with what it ran, and how quiet the host was. */
export function environment({ cordon, config, host, ...result }: Result, sides: Sides): Markup {
  const noise = sides.map((side) => `${nameOf(side)} ${time(side.noise.referenceP999Ms)}`).join(", ");
  const rows: readonly (readonly [string, Piece])[] = [
    ["Cordon", `${cordon.version}${cordon.commit === null ? "" : ` (${cordon.commit.slice(0, 12)})`}`],
    ["Started", result.startedAt],
    ["Profile", `${result.profile}, store ${result.store}, seed ${result.seed}`],
    ["Size", `${config.partitions} partitions of ${config.roleInstances} role instances, ${count(config.users)} users`],
    [
      "Load",
      `${config.signInPerSecond} sign-ins and ${config.mailPerSecond} mails a second; late from ${time(config.lateMs)}`,
    ],
    ["Fault", `${config.faultSeconds} s`],
    ["Settings", config.digest],
    ["Host", `${host.cpus} cores, ${host.platform}, Node ${host.node}`],
    ["Busy", `the drill took ${share(host.ownShare)} of all cores, everything together ${share(host.busyShare)}`],
    ...(sides.length === 0 ? [] : [["Idle process", `its timers' delay, p99.9: ${noise}`] as const]),
  ];
  return html`<dl>
    ${rows.map(
      ([word, value]) =>
        html`<dt>${word}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}
