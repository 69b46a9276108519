/**
 * How the page looks: one column on a phone, the sides beside one another on a wide screen, dark or light as the reader
 * has it. State is told by word and shape; colour only repeats it. Nothing moves. Letters in charts keep their size.
 */

const light = `
  --ground: #ffffff; --raised: #f4f5f7; --edge: #c9ccd3; --text: #1a1c20; --quiet: #51565f;
  --link: #14519c; --good: #14652f; --bad: #a8201a; --unsure: #7a4d00;
  --served: #3f7fbf; --degraded: #8cc3e6; --late: #bd6c12; --refused: #b3261e;
  --outside: #1f5fa8; --inside: #b3391e; --fault: #7d6a9a29; --event: #6b707a; --cursor: #1a1c20;`;
const dark = `
  --ground: #15171b; --raised: #1f2228; --edge: #454a54; --text: #e9eaee; --quiet: #b0b5bf;
  --link: #8fbdf2; --good: #7fd49a; --bad: #ff9a90; --unsure: #f0c060;
  --served: #4d8fd1; --degraded: #a9d6f2; --late: #e8a244; --refused: #f2746a;
  --outside: #7db4ee; --inside: #ff9a73; --fault: #a993cf33; --event: #8d939e; --cursor: #e9eaee;`;

export const css = `
:root { color-scheme: light dark;${light} }
@media (prefers-color-scheme: dark) { :root {${dark} } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 76rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; font-variant-numeric: tabular-nums; }
h1, h2, h3 { line-height: 1.25; margin: 0; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.25rem; margin-top: 2.25rem; } h3 { font-size: 1rem; }
p { margin: .4rem 0; max-width: 46rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.quiet, figcaption p, .run { color: var(--quiet); font-size: .875rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -100rem; } .skip:focus { position: static; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; margin: .75rem 0 0; list-style: none; }
nav a { display: inline-block; padding: .15rem 0; }

.verdict { margin-top: 1rem; padding: 1rem; border: 2px solid; border-radius: .5rem; background: var(--raised); }
.verdict h2 { display: flex; align-items: center; gap: .6rem; margin: 0; font-size: 1.75rem; letter-spacing: .04em; }
.verdict h2 svg { width: 2.25rem; height: 2.25rem; flex: none; fill: none; stroke: currentColor; stroke-width: 2.5;
  stroke-linecap: round; stroke-linejoin: round; }
.verdict p { color: var(--text); }
.held { color: var(--good); } .refuted { color: var(--bad); }
.invalid, .aborted, .exploratory { color: var(--unsure); }

table { border-collapse: collapse; width: 100%; max-width: 56rem; margin-top: .75rem; font-size: .9375rem; }
caption { text-align: left; color: var(--quiet); font-size: .875rem; padding-bottom: .25rem; }
th, td { padding: .35rem .5rem; border-bottom: 1px solid var(--edge); text-align: left; vertical-align: top; }
thead th { vertical-align: bottom; } thead .figure { white-space: normal; }
th[scope=row] { font-weight: 400; }
th[scope=rowgroup] { padding-top: .9rem; color: var(--quiet); font-size: .8125rem; letter-spacing: .04em; }
.figure { text-align: right; white-space: nowrap; }
.figure.long { white-space: normal; } .bounded { white-space: nowrap; }
.state { display: block; font-size: .8125rem; } .state.no { color: var(--bad); font-weight: 700; } .state.yes { color: var(--good); }
.timeline { table-layout: fixed; max-width: 70rem; }
.timeline .moment { width: 4rem; text-align: right; white-space: nowrap; }
.timeline td { padding-left: 1.6rem; text-indent: -1.1rem; }
.timeline b { display: inline-block; width: 1.1rem; text-indent: 0; font-family: ui-monospace, monospace; }
.m-x b, .m-felt b { color: var(--bad); } .m-well b, .m-healed b { color: var(--good); } .m-acts b { color: var(--link); }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .25rem 1rem; margin: .75rem 0; font-size: .9375rem; }
dt { color: var(--quiet); } dd { margin: 0; min-width: 0; }
pre { padding: .75rem; margin: .75rem 0; background: var(--raised); border: 1px solid var(--edge); border-radius: .375rem;
  white-space: pre-wrap; overflow-wrap: anywhere; font: .875rem/1.5 ui-monospace, monospace; }

figure { margin: 1.5rem 0 0; }
.keys { display: flex; flex-wrap: wrap; gap: .1rem 1rem; padding: 0; margin: .25rem 0; list-style: none; font-size: .875rem; }
.key { width: 18px; height: 14px; vertical-align: -2px; }
.pair { display: grid; gap: .25rem 1.5rem; }
.panel { min-width: 0; padding: .25rem .75rem 0 3.4rem; }
.head { margin: 0 0 .15rem -3.4rem; font-size: .875rem; min-height: 1.5em; } .at { color: var(--quiet); margin-left: .35rem; }
.plot { display: block; overflow: visible; touch-action: pan-y; }
.grid { stroke: var(--edge); } .bound { stroke: var(--quiet); stroke-dasharray: 2 3; }
.tick { fill: var(--quiet); font-size: 12px; text-anchor: middle; }
.up { text-anchor: end; dominant-baseline: central; } .word { text-anchor: start; font-size: 11px; }
rect.fault { fill: var(--fault); }
.event { stroke: var(--event); stroke-dasharray: 1 3; vector-effect: non-scaling-stroke; }
.sign { fill: var(--text); font: 700 13px ui-monospace, monospace; text-anchor: middle; cursor: default; }
.cursor { stroke: var(--cursor); stroke-width: 1.5; visibility: hidden; } .live .cursor { visibility: visible; }
.area { stroke: var(--ground); stroke-width: .5; vector-effect: non-scaling-stroke; }
.area.served { fill: var(--served); } .area.degraded { fill: var(--degraded); stroke: var(--served); stroke-width: 1.5; } .area.late { fill: var(--late); }
.area.refused { fill: url(#stripes); stroke: var(--refused); stroke-width: 1; }
#stripes rect { fill: var(--ground); } #stripes path { stroke: var(--refused); stroke-width: 2; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.line.outside { stroke: var(--outside); } .line.inside { stroke: var(--inside); stroke-dasharray: 5 4; stroke-width: 2.5; }
.line.missing { stroke: var(--bad); stroke-width: 5; stroke-linecap: butt; }
.cursor-bar { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; align-items: center; gap: 0 .75rem;
  margin: .75rem -1rem 0; padding: .4rem 1rem; background: var(--raised); border-block: 1px solid var(--edge); font-size: .875rem; }
.cursor-bar[hidden] { display: none; }
.cursor-bar input { flex: 1 1 10rem; min-width: 0; height: 1.75rem; accent-color: var(--link); }
.cursor-bar output { min-width: 6rem; font-weight: 700; }
footer { margin: 2.5rem 0 1rem; color: var(--quiet); font-size: .875rem; }
@media (min-width: 40rem) { .state { display: inline-block; width: 5rem; padding-left: .75rem; text-align: left; } .states { padding-right: 5.5rem; } }
@media (min-width: 56rem) { .pair { grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); } }
@media (max-width: 30rem) {
  table { font-size: .8125rem; } th, td { padding: .3rem .25rem; } .state { font-size: .75rem; }
  th[scope=row] { hyphens: auto; }
  .limits { table-layout: fixed; } .limits thead th:first-child { width: 31%; } .limits thead th:nth-child(2) { width: 22%; }
  .timeline .moment { width: 2.9rem; } .dense { font-size: .75rem; } .dense th, .dense td { padding-inline: .1rem; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .35rem; }
}
@media print { .cursor-bar, nav { display: none; } .panel { break-inside: avoid; } }
`;
