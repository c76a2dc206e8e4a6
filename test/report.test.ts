/** The HTML report, tables on the terminal, and the paper's numbers. */
import { PNG } from "pngjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MNIST } from "../src/paper/mnist.ts";
import { ATTACKS, paperTable1, paperTable2 } from "../src/paper/numbers.ts";
import { htmlReport, type ReportPart } from "../src/report/page.ts";
import { chartDrawing } from "../src/report/chart.ts";
import { svg } from "../src/report/svg.ts";
import { markdownTable, textTable, type Cell, type Table } from "../src/report/table.ts";
import { counted, escapeHtml } from "../src/report/words.ts";

const test = suite("report");

const PICTURE = new Uint8Array(PNG.sync.write(new PNG({ width: 30, height: 20, fill: true })));
const NASTY = `<script>alert("1")</script> & 'x'`;
const page = (...parts: ReportPart[]) =>
  htmlReport({ title: NASTY, summary: "s", sections: [{ heading: NASTY, parts }] });
const column = (cells: Cell[], best?: "highest" | "lowest") =>
  page({
    kind: "table",
    columns: [{ label: "FGSM", ...(best && { best }) }],
    rows: cells.map((cell) => ({ label: "r", cells: [cell] })),
  });

test("every text is escaped wherever it stands", () => {
  const html = page(
    { kind: "text", text: NASTY },
    { kind: "settings", entries: { [NASTY]: NASTY } },
    { kind: "figure", image: PICTURE, alt: NASTY, caption: NASTY },
    {
      kind: "table",
      caption: NASTY,
      corner: NASTY,
      columns: [NASTY],
      rows: [{ label: NASTY, cells: [NASTY] }],
      note: NASTY,
    },
  );
  assert.is(escapeHtml(NASTY), "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;");
  assert.is(html.split(escapeHtml(NASTY)).length - 1, 15);
  assert.not.match(html, /<script|alert\("/);
});

const CHART = { title: NASTY, x: { label: NASTY, values: [0, 1] }, y: { label: NASTY, from: 0, to: 1 },
  lines: [{ label: NASTY, values: [0, 1] }] };

test("the page needs nothing beside it", () => {
  const html = page(
    { kind: "figure", image: PICTURE, alt: "a", caption: "c" },
    { kind: "drawing", ...chartDrawing(CHART), alt: "a", caption: "c" },
  );
  assert.not.match(html, /(src|href)="(?!data:|#)/);
  assert.not.match(html, /url\(|@import|https?:\/\/|<script/);
  assert.match(html, /prefers-color-scheme: dark/);
  const [, png] = /src="data:image\/png;base64,([^"]+)"/.exec(html)!;
  assert.equal(new Uint8Array(Buffer.from(png!, "base64")), PICTURE);
  assert.match(html, /width="30" height="20"/);
});

test("a drawing has a layout for a phone: another one, its pieces, or a box of its own to scroll in", () => {
  const drawing = (wide: string, narrow?: string) => page({ kind: "drawing", wide, narrow, alt: "a", caption: "c" });
  const chart = chartDrawing(CHART);
  const two = drawing(chart.wide, chart.narrow);
  assert.equal([two.match(/<svg/g)!.length, two.match(/class="drawn (wide|narrow)"/g)!.length], [2, 2]);
  assert.is(two.match(/<style>/g)!.length, 1, "the page has the styles of its figures once");
  const frame = { width: 700, height: 50, title: "t" };
  const cut = drawing(svg({ ...frame, pieces: [[0, 0, 300, 50], [350, 0, 320, 40]] }, []));
  assert.match(cut, /viewBox="0 0 700 50".*viewBox="0 0 300 50" width="300".*viewBox="350 0 320 40" width="320"/s);
  assert.not.match(cut, /<view /);
  assert.match(drawing(svg(frame, [])), /<div class="scroll"[^>]*><svg/);
});

test("bars: one a series and a mark where there is something to hold it against", () => {
  const html = page({ kind: "bars", series: ["None", NASTY], most: 100, unit: "percent", mark: NASTY, caption: NASTY,
    groups: [{ label: NASTY, values: [50, null], marks: [25, undefined] }] });
  assert.not.match(html, /alert\("/);
  assert.equal([html.match(/class="bar"/g)!.length, html.match(/<u /g)!.length], [2, 1]);
  assert.match(html, /None: 50\.0 percent<\/span><div><i style="width:50\.0%/);
  assert.match(html, /: not measured<\/span>.*–<\/b>/);
  assert.match(html, /<u style="left:25\.0%"/);
});

test("caveats stand before the summary; folded parts are there when asked for", () => {
  const html = htmlReport({ title: "t", caveats: [NASTY], summary: "s", sections: [{ heading: "h", parts: [
    { kind: "fold", summary: NASTY, parts: [{ kind: "text", text: "inside" }] }] }] });
  assert.ok(html.indexOf("<aside") > 0 && html.indexOf("<aside") < html.indexOf(`class="summary"`));
  assert.match(html, /<details><summary>[^<]*<\/summary>\n<p>inside<\/p>\n<\/details>/);
  assert.not.match(html, /alert\("/);
});

test("counted: none, one and many", () => {
  assert.equal([0, 1, 2, 12_345].map((n) => counted(n, "image")), ["no images", "1 image", "2 images",
    "12,345 images"]);
  assert.is(counted(2, "entry", "entries"), "2 entries");
});

test("the tags of the page close in order", () => {
  const html =
    page({ kind: "text", text: "a\n\nb" }, { kind: "settings", entries: { a: 1 } }) +
    column([1, null, { value: 2, paper: 3, interval: [1, 3] }]);
  const open: string[] = [];
  for (const [, end, name] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
    if (["meta", "img", "rect", "path", "view"].includes(name!)) continue;
    if (!end) open.push(name!);
    else assert.is(open.pop(), name);
  }
  assert.equal(open, []);
});

test("the best of a column is bold, as shown: ties together, unmeasured ones not", () => {
  const bold = (html: string) => [...html.matchAll(/<b>([^<]*)<\/b>/g)].map((found) => found[1]);
  assert.equal(bold(column([96.421, 96.424, null, 3, NaN, "99"], "highest")), ["96.42", "96.42"]);
  assert.equal(bold(column([2, { value: 1.5, paper: 0.1 }], "lowest")), ["1.50"]);
  assert.equal(bold(column([null, "x"], "highest")), []);
  assert.equal(bold(column([1, 2])), []);
});

test("the paper's number and the interval stand beside ours", () => {
  const html = column([
    { value: 96.42, paper: 96.72, interval: [96.01, 96.8] },
    { value: null, paper: 94.93 },
  ]);
  assert.match(html, /96\.42 <span class="paper"><span class="spoken">paper: <\/span>96\.72<\/span>/);
  assert.match(html, /96\.01 to 96\.80/);
  assert.match(html, /–<\/span> <span class="paper">.*94\.93/);
  assert.match(html, /In grey: the paper’s number/);
  assert.not.match(column([1]), /In grey/);
});

test("tables and figures that do not fit are refused", () => {
  const rows = [{ label: "dae", cells: [1, 2] }];
  assert.throws(() => page({ kind: "table", columns: ["a"], rows }), /row "dae" has 2 cells, the table has 1 columns/);
  assert.throws(() => page({ kind: "figure", image: new Uint8Array(3), alt: "", caption: "" }), /3 bytes is no PNG/);
});

test("contents only where there are three sections or more", () => {
  const sections = ["a", "b", "c"].map((heading) => ({ heading, parts: [] }));
  assert.match(htmlReport({ title: "t", summary: "", sections }), /<nav .*href="#s3">c</);
  assert.not.match(htmlReport({ title: "t", summary: "", sections: sections.slice(1) }), /<nav/);
});

// tables on the terminal

test("Table 1 fits 80 columns and is aligned", () => {
  const rows = Object.entries(MNIST.paper.table1).map(([defence, row]) => {
    return { label: defence, cells: row.map((value) => ({ value, paper: value })) };
  });
  const lines = textTable({ columns: ATTACKS, rows }).trimEnd().split("\n");
  assert.is(lines.length, 7);
  assert.ok(
    lines.every((line) => line.length === lines[0]!.length && line.length <= 80),
    lines.join("\n"),
  );
  assert.match(lines[1]!, /^none   99\.43 \(99\.43\)  25\.71 \(25\.71\)   0\.60  \(0\.60\)/);
});

test("names too long for the width stand above their cells", () => {
  const cells = [100, 96.42, 1, 2, 3].map((value) => ({ value, paper: 50 }));
  const rows = ["cvae+g", "cvae+g, signed noise"].map((label) => ({ label, cells }));
  const lines = textTable({ columns: ATTACKS, rows })
    .trimEnd()
    .split("\n");
  assert.is(lines.length, 4);
  assert.ok(
    lines.every((line) => line.length <= 80),
    lines.join("\n"),
  );
  assert.is(lines[2], "cvae+g, signed noise");
  assert.is(lines[3]!.indexOf("96.42"), lines[1]!.indexOf("96.42"));
});

test("a cell is a number, the paper's behind it, its interval where it is asked for, or words", () => {
  const table: Table = { columns: [{ label: "a", digits: 1 }, "b"], rows: [
    { label: "r", cells: [{ value: 96.44, paper: 5, interval: [1, 2] }, "words"] },
    { label: "s", cells: [null, 3] },
  ] };
  assert.is(textTable(table), "           a      b\nr 96.4 (5.0)  words\ns    -         3.00\n");
  assert.is(markdownTable(table, { intervals: true }),
    "|  | a | b |\n|---|---:|---:|\n| r | 96.4 [1.0, 2.0] (5.0) | words |\n| s | - | 3.00 |\n");
  assert.throws(() => textTable({ columns: ["a"], rows: [{ label: "r", cells: [] }] }),
    /row "r" has 0 cells, the table has 1 columns/);
});

test("the paper's numbers", () => {
  const { paper } = MNIST;
  assert.is(paperTable1(paper, "cvae+g", "MI-FGSM"), 94.43);
  assert.is(paperTable1(paper, "cvae+g-signed", "MI-FGSM"), 94.43);
  assert.is(paperTable1(paper, "none", "I-FGSM"), 0.6);
  assert.is(paperTable1(paper, "cvae+g (signed)", "PGD"), undefined);
  assert.is(paperTable1(paper, "toString", "PGD"), undefined);
  assert.is(paperTable1(paper, "vae", "CW"), undefined);
  assert.equal(paperTable2(paper, "cvae+g"), { raw: 97.5, ae: 37.2 });
});

test.run();
