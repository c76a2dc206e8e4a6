// A line chart as SVG: axes with ticks, a grid, each line named at its end and in a legend.

import { scaleLinear, type ScaleLinear } from "d3-scale";
import { colour, COLOUR_COUNT, legend, NARROW, roomFor, round, svg, text } from "./svg.ts";

export interface LineChart {
  /** What the chart shows, for someone who does not see it. */
  title: string;
  /** The values rise. */
  x: { label: string; values: readonly number[] };
  y: { label: string; from: number; to: number };
  /** One value for each of x; null is a gap. At most ten lines. */
  lines: readonly { label: string; values: readonly (number | null)[]; dashed?: boolean }[];
  /** A vertical line with words, drawn if it lies within. */
  mark?: { x: number; label: string };
}

interface Plot {
  left: number;
  right: number;
  top: number;
  bottom: number;
  px: ScaleLinear<number, number>;
  py: ScaleLinear<number, number>;
}

/** On a phone the names stand in the legend alone. */
const LAYOUTS = { wide: { width: 600, plot: 320, named: true }, narrow: { width: NARROW, plot: 240, named: false } };
type Layout = (typeof LAYOUTS)["wide"];
const LABEL_LINE = 17;
const TICKS = 5; // about so many on an axis

/**
 * The chart as SVG text, wide or as a phone shows it. Throws when a line has another number of values than x, or x does
 * not rise.
 */
export function lineChart(chart: LineChart, which: keyof typeof LAYOUTS = "wide"): string {
  check(chart);
  const layout = LAYOUTS[which];
  const plot = layOut(chart, layout);
  const below = plot.bottom + 56;
  const entries = chart.lines.map(({ label, dashed }, i) => ({ label, colour: i, dashed }));
  const key = legend(entries, { x: plot.left, y: below, width: layout.width - plot.left - 8, mark: "line" });
  const height = below + key.height + 12;
  const lines = chart.lines.map((line, i) => drawLine(plot, chart.x.values, line, i));
  const names = layout.named ? endLabels(chart, plot) : [];
  return svg({ width: layout.width, height, title: chart.title }, [...axes(chart, plot), mark(chart, plot),
    ...lines, ...names, ...key.parts]);
}

/** The chart for a page, in both layouts. */
export const chartDrawing = (chart: LineChart): { wide: string; narrow: string } => ({ wide: lineChart(chart),
  narrow: lineChart(chart, "narrow") });

/** Where things stand: room on the right for the longest name, and the scales. */
function layOut({ x, y, lines }: LineChart, { width, plot, named }: Layout): Plot {
  const [left, top] = [52, 34];
  const bottom = top + plot;
  const right = width - 24 - (named ? Math.max(...lines.map(({ label }) => roomFor(label))) : 0);
  return { left, right, top, bottom, px: scaleLinear([x.values[0]!, x.values.at(-1)!], [left, right]),
    py: scaleLinear([y.from, y.to], [bottom, top]) };
}

function axes({ x, y }: LineChart, p: Plot): string[] {
  const rules = p.py.ticks(TICKS).map((v) =>
    `<path class="rule" d="M${p.left} ${round(p.py(v))}H${round(p.right)}"/>${
      text(p.left - 8, p.py(v) + 5, String(v), { anchor: "end", as: "muted" })
    }`
  );
  const columns = p.px.ticks(TICKS).map((v) =>
    `<path class="rule" d="M${round(p.px(v))} ` +
    `${p.top}V${p.bottom + 5}"/>${text(p.px(v), p.bottom + 22, String(v), { anchor: "middle", as: "muted" })}`
  );
  const base = `<path class="line" d="M${p.left} ${round(p.bottom)}H${round(p.right)}"/>`;
  return [...rules, ...columns, base, text(8, 18, y.label, { as: "muted" }),
    text((p.left + p.right) / 2, p.bottom + 43, x.label, { anchor: "middle", as: "muted" })];
}

function mark({ mark: m, x }: LineChart, p: Plot): string {
  if (!m || m.x < x.values[0]! || m.x > x.values.at(-1)!) return "";
  const at = p.px(m.x);
  return `<path class="line mark" stroke-width="1.5" stroke-dasharray="2 4" d="M${round(at)} ` +
    `${p.top - 8}V${p.bottom}"/>${text(at, p.top - 14, m.label, { anchor: "middle", as: "bold" })}`;
}

/** A path with a gap where a value is missing, and a dot at each value. */
function drawLine(p: Plot, xs: readonly number[], { values, dashed }: LineChart["lines"][number], i: number): string {
  const at = values.map((v, j) => (v === null ? null : `${round(p.px(xs[j]!))} ${round(p.py(v))}`));
  const d = at.map((point, j) => (point === null ? "" : `${j > 0 && at[j - 1] !== null ? "L" : "M"}${point}`)).join("");
  const dots = at.map((point) => (point === null ? "" : `M${point}h0`)).join("");
  const dash = dashed ? ` stroke-dasharray="7 4"` : "";
  return `<g class="curve" fill="none" stroke-linejoin="round" stroke-linecap="round" ` +
    `style="stroke:${colour(i)}"><path stroke-width="2.5"${dash} d="${d}"/><path stroke-width="6" d="${dots}"/></g>`;
}

/** The name of each line at its end, pushed apart where two would meet, with a thin tie to the end. */
function endLabels({ lines, x }: LineChart, p: Plot): string[] {
  const ends = lines.flatMap(({ label, values }, i) => {
    const j = values.findLastIndex((v) => v !== null);
    return j < 0 ? [] : [{ label, i, x: p.px(x.values[j]!), y: p.py(values[j]!) }];
  });
  ends.sort((a, b) => a.y - b.y);
  const heights = spread(ends.map((end) => end.y), LABEL_LINE, p.top, p.bottom);
  return ends.map((end, k) => {
    const y = heights[k]!;
    const tie = `<path fill="none" stroke-opacity=".7" d="M${round(end.x + 4)} ` +
      `${round(end.y)}L${round(p.right + 12)} ${round(y)}" style="stroke:${colour(end.i)}"/>`;
    return tie + text(p.right + 15, y + 5, end.label, { as: "end" });
  });
}

/** Rising positions moved as little as their order allows so that they stand `gap` apart within [low, high]. */
export function spread(positions: readonly number[], gap: number, low: number, high: number): number[] {
  const out = [...positions];
  for (let i = 0; i < out.length; i++) out[i] = Math.max(out[i]!, i ? out[i - 1]! + gap : low);
  for (let i = out.length - 1; i >= 0; i--) out[i] = Math.min(out[i]!, i < out.length - 1 ? out[i + 1]! - gap : high);
  return out;
}

function check({ x: { values }, y, lines }: LineChart): void {
  if (values.length < 2 || !values.every((v, i) => Number.isFinite(v) && (i === 0 || v > values[i - 1]!)))
    throw new Error(`lineChart: the x values are [${values}]; two or more rising numbers were due`);
  if (!(y.to > y.from)) throw new Error(`lineChart: the y axis goes from ${y.from} to ${y.to}; it must rise`);
  if (lines.length === 0 || lines.length > COLOUR_COUNT) throw new Error(`lineChart: ${lines.length} lines came, 1 ` +
    `to ${COLOUR_COUNT} can be told apart; draw the others in another chart`);
  for (const { label, values: ys } of lines) {
    if (ys.length !== values.length) throw new Error(`lineChart: "${label}" has ${ys.length} values and x has ` +
      `${values.length}; give one for each`);
    if (ys.some((v) => v !== null && !Number.isFinite(v))) throw new Error(`lineChart: "${label}" has a value that ` +
      `is no number; give null where there is none`);
  }
}
