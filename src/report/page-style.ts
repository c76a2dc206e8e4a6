/** The report's style sheet: system fonts, two colour schemes, one column. */
export const REPORT_STYLE = `
:root {
  --page: #fdfdfb; --ink: #1f2023; --muted: #62646b; --rule: #e2e1db;
  --strong-rule: #b9b8b1; --link: #2b5c8a; --box: #f4f3ee; --wrong: #b3261e; --caveat: #fbf3dc; --caveat-rule: #d9b648;
  --serif: Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #17181b; --ink: #e5e4df; --muted: #a3a3a8; --rule: #2e3035;
    --strong-rule: #54565c; --link: #8db9e4; --box: #222428; --wrong: #ff9d94;
    --caveat: #2a2517; --caveat-rule: #8a7330;
  }
  img { filter: brightness(.9); }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 3rem; }
body { margin: 0; background: var(--page); color: var(--ink); font: 1.0625rem/1.6 var(--serif); }
main { max-width: 68rem; margin: 0 auto; padding: 3rem 1.5rem 6rem; }
h1 {
  margin: 0 0 1rem; font-size: 2rem; font-weight: 600; line-height: 1.2; letter-spacing: -.01em; text-wrap: balance;
}
h2 { margin: 0 0 1rem; font-size: 1.375rem; font-weight: 600; line-height: 1.3; }
p { max-width: 42rem; margin: 0 0 1rem; text-wrap: pretty; overflow-wrap: break-word; }
a { color: var(--link); text-underline-offset: .15em; }
section { margin-top: 2.5rem; padding-top: 2rem; border-top: 1px solid var(--rule); }
.caveat {
  max-width: 46rem; margin: 0 0 1.5rem; padding: .75rem 1rem; background: var(--caveat);
  border-left: 4px solid var(--caveat-rule); font: .9375rem/1.5 var(--sans);
}
.caveat ul { margin: 0; padding-left: 1.1rem; }
.caveat li + li { margin-top: .35rem; }
nav { margin-top: 1.5rem; font: .9375rem/1.5 var(--sans); }
nav ol { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: 0; padding: 0; list-style: none; }

.scroll { position: relative; max-width: 100%; overflow-x: auto; -webkit-overflow-scrolling: touch; }
.scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 4px; }
table { border-collapse: collapse; font: .9375rem/1.4 var(--sans); font-variant-numeric: tabular-nums lining-nums; }
caption { padding-bottom: .75rem; text-align: left; font-weight: 600; }
caption span { display: inline-block; position: sticky; left: 0; max-width: min(42rem, calc(100vw - 2.5rem)); }
th, td { padding: .5rem 0 .5rem 2rem; text-align: right; vertical-align: top; white-space: nowrap; font-weight: 400; }
th:first-child {
  position: sticky; left: 0; z-index: 1; padding-left: 0; padding-right: .5rem; text-align: left;
  background: var(--page);
}
.words { text-align: left; }
.long { white-space: normal; min-width: 14rem; }
thead th { color: var(--muted); border-bottom: 1px solid var(--strong-rule); vertical-align: bottom; }
tbody tr + tr > * { border-top: 1px solid var(--rule); }
tbody tr:last-child > * { border-bottom: 1px solid var(--strong-rule); }
.dense { font-size: .8125rem; }
.dense th, .dense td { padding: .3rem 0 .3rem 1.1rem; }
.dense th:first-child { padding-left: 0; }
td b { font-weight: 700; }
.paper, .none { color: var(--muted); }
td .paper { display: inline-block; min-width: 3.1em; min-height: 1em; font-size: .875em; }
.interval { display: block; color: var(--muted); font-size: .8125rem; }
.note { margin: .75rem 0 2rem; font: .875rem/1.5 var(--sans); color: var(--muted); }
.scroll + p:not(.note), .scroll + .scroll, .note + .scroll { margin-top: 2rem; }

figure { margin: 1.5rem 0 2.5rem; }
figure > img { display: block; max-width: 100%; height: auto; }
figcaption { max-width: 42rem; margin-top: .75rem; font: .9375rem/1.5 var(--sans); color: var(--muted); }
svg.pg { display: block; --ground: var(--page); color: inherit; }
.pg .ground { fill: none; }
.scroll > svg.pg { max-width: none !important; }
.narrow { display: none; }
.narrow svg + svg { margin-top: 1rem; }

.pictures { display: grid; gap: 1.25rem 2.5rem; font: .8125rem/1.35 var(--sans); }
.pictures > details { margin: 0; }
.pictures > details + details { margin-top: -1rem; }
.pictures .title { margin: 0 0 .35rem; font-weight: 600; }
.pictures ol {
  display: grid; grid-template-columns: repeat(auto-fill, var(--cell)); gap: .4rem .3rem; margin: 0; padding: 0;
  list-style: none;
}
.pictures .row > p { margin: .35rem 0 .15rem; color: var(--muted); }
.pictures li { min-width: 0; text-align: center; }
.pictures img { display: block; width: 100%; max-width: 3rem; margin: 0 auto; image-rendering: pixelated; }
.pictures img + img { margin-top: 2px; }
.pictures li > span { font-size: .75rem; white-space: nowrap; }
.pictures .wrong { color: var(--wrong); }
.pictures .wrong img { outline: 2px solid var(--wrong); outline-offset: -2px; }
.pictures .wrong > span::before { content: "\\d7\\2009"; }

.key {
  position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: .2rem 1.25rem; margin: 0 0 1rem;
  padding: .6rem 0; list-style: none; font: .875rem/1.4 var(--sans); background: var(--page);
  border-bottom: 1px solid var(--rule);
}
.key i { display: inline-block; width: .8rem; height: .8rem; margin-right: .45rem; vertical-align: -.05rem; }
.key .mark { width: 3px; background: currentColor; }
.chart { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 1.1rem 2.5rem; }
.bars { font: .8125rem/1 var(--sans); font-variant-numeric: tabular-nums; }
.bars p { margin: 0 0 .35rem; font: .9375rem/1.3 var(--sans); }
.bar { display: grid; grid-template-columns: 1fr 2.4rem; gap: .5rem; align-items: center; margin-bottom: 2px; }
.bar div { position: relative; height: .75rem; background: var(--box); }
.bar i { display: block; height: 100%; }
.bar u { position: absolute; top: -1px; bottom: -1px; width: 3px; margin-left: -1px; background: var(--ink);
  outline: 1px solid var(--page); }
.bar b { font-weight: 400; text-align: right; }

dl { max-width: 46rem; margin: 0 0 1.5rem; font: .9375rem/1.5 var(--sans); }
dl div {
  display: grid; grid-template-columns: minmax(8rem, 1fr) 2fr; gap: 1rem; padding: .4rem 0;
  border-bottom: 1px solid var(--rule);
}
dt { color: var(--muted); overflow-wrap: anywhere; }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }

details { margin: 0 0 .75rem; }
details > summary { padding: .35rem 0; cursor: pointer; font: .9375rem/1.5 var(--sans); color: var(--link); }
details[open] > summary { margin-bottom: .5rem; }
section > details > summary { font-weight: 600; }

.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (min-width: 60rem) {
  .pictures { grid-template-columns: 1fr 1fr; }
  .pictures > .group:only-child, .pictures > details { grid-column: 1 / -1; }
  .pictures .row:has(> p) { display: grid; grid-template-columns: 8rem 1fr; gap: .75rem; margin-top: .35rem; }
}
@media (max-width: 40rem) {
  body { font-size: 1rem; }
  main { padding: 1.5rem 1.125rem 4rem; }
  h1 { font-size: 1.5rem; }
  th, td { padding-left: 1.25rem; }
  th:first-child { min-width: 6rem; max-width: 8rem; white-space: normal; overflow-wrap: break-word; }
  dl div { grid-template-columns: 1fr; gap: 0; }
  .wide { display: none; }
  .narrow { display: block; }
}
@media print {
  :root { --page: #fff; --ink: #000; --muted: #555; --rule: #ccc; --strong-rule: #888; --link: #000; }
  main { max-width: none; padding: 0; }
  .scroll { overflow: visible; }
  .key { position: static; }
  .bar i, .key i, .bar u { print-color-adjust: exact; }
  figure, tr { break-inside: avoid; }
}
`;
