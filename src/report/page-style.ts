/** The report's style sheet: system fonts, two colour schemes, one column. */
export const REPORT_STYLE = `
:root {
  --page: #fdfdfb; --ink: #1f2023; --muted: #6a6c72; --rule: #e2e1db;
  --strong-rule: #b9b8b1; --link: #2b5c8a; --card: #fff;
  --serif: Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #17181b; --ink: #e5e4df; --muted: #9c9ca0; --rule: #2e3035;
    --strong-rule: #54565c; --link: #8db9e4; --card: #e6e6e6;
  }
  img { filter: brightness(.9); }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 1.0625rem/1.6 var(--serif); }
main { max-width: 68rem; margin: 0 auto; padding: 3.5rem 1.5rem 6rem; }
h1 {
  margin: 0 0 1.25rem; font-size: 2rem; font-weight: 600; line-height: 1.2; letter-spacing: -.01em; text-wrap: balance;
}
h2 { margin: 0 0 1rem; font-size: 1.375rem; font-weight: 600; line-height: 1.3; }
p { max-width: 42rem; margin: 0 0 1rem; text-wrap: pretty; overflow-wrap: break-word; }
a { color: var(--link); text-underline-offset: .15em; }
section { margin-top: 2.5rem; padding-top: 2rem; border-top: 1px solid var(--rule); }
.summary { font-size: 1.1875rem; line-height: 1.55; }
nav { margin-top: 1.5rem; font: .9375rem/1.5 var(--sans); }
nav ol { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: 0; padding: 0; list-style: none; }

.scroll { position: relative; max-width: 100%; overflow-x: auto; -webkit-overflow-scrolling: touch; }
.scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 4px; }
table { border-collapse: collapse; font: .9375rem/1.4 var(--sans); font-variant-numeric: tabular-nums lining-nums; }
caption { padding-bottom: .75rem; text-align: left; font-weight: 600; }
caption span { display: inline-block; position: sticky; left: 0; max-width: calc(100vw - 2.25rem); }
th, td { padding: .5rem 0 .5rem 2rem; text-align: right; vertical-align: top; white-space: nowrap; font-weight: 400; }
th:first-child { padding-left: 0; text-align: left; }
.words { text-align: left; }
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
figure .scroll { width: fit-content; background: var(--card); border: 1px solid var(--rule); border-radius: 4px; }
figure img, figure svg { display: block; height: auto; margin: 0 auto; }
figcaption { max-width: 42rem; margin-top: .75rem; font: .9375rem/1.5 var(--sans); color: var(--muted); }

dl { max-width: 42rem; margin: 0 0 1.5rem; font: .9375rem/1.5 var(--sans); }
dl div {
  display: grid; grid-template-columns: minmax(8rem, 1fr) 2fr; gap: 1rem; padding: .4rem 0;
  border-bottom: 1px solid var(--rule);
}
dt { color: var(--muted); overflow-wrap: anywhere; }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }

details > summary { margin-bottom: 1rem; cursor: pointer; font: .9375rem/1.5 var(--sans); color: var(--link); }

.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 40rem) {
  main { padding: 2rem 1.125rem 4rem; }
  h1 { font-size: 1.625rem; }
  th, td { padding-left: 1.25rem; }
  th:first-child { position: sticky; left: 0; z-index: 1; background: var(--page); padding-right: .5rem; }
  dl div { grid-template-columns: minmax(6rem, 2fr) 3fr; }
}
@media print {
  :root { --page: #fff; --ink: #000; --muted: #555; --rule: #ccc; --strong-rule: #888; --link: #000; }
  main { max-width: none; padding: 0; }
  .scroll { overflow: visible; }
  figure img { max-width: 100%; }
  figure, tr { break-inside: avoid; }
}
`;
