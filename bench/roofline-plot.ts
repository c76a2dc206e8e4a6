// The roofline as a picture: GFLOP/s over operations a byte, both logarithmic, each row a point under the roof.

import type { BenchRecord, Roofline } from "../src/readme/bench-results.ts";
import type { Drawing } from "../src/report/html-figure.ts";
import { colour, legend, NARROW, round, svg, text } from "../src/report/svg.ts";
import { escapeHtml } from "../src/report/words.ts";
import { logAxis, type LogAxis } from "./log-axis.ts";

/** Where the plot stands, wide and on a phone, and the size of its words. */
const LAYOUTS = { wide: { width: 900, left: 60, right: 876, top: 34, bottom: 454, size: 14 },
  narrow: { width: NARROW, left: 52, right: NARROW - 12, top: 34, bottom: 334, size: 12 } };
type Box = (typeof LAYOUTS)["wide"];

/** Families of rows by how their names begin; each has its colour. */
const FAMILIES: readonly [label: string, begins: RegExp][] = [
  ["matmul, linear", /^(matmul|linear)\b/],
  ["conv", /^conv(2d)? (?!d(Input|Filter))/],
  ["conv dInput", /^conv dInput/],
  ["conv dFilter", /^conv dFilter/],
  ["transposed conv", /^(tconv|convTranspose2d)/],
  ["whole steps", /^(step|train|pgd|purify)\b/],
  ["others", /^/],
];
const familyOf = (name: string): number => FAMILIES.findIndex(([, begins]) => begins.test(name));

type Point = Required<Pick<BenchRecord, "case" | "ms" | "gflops" | "flops" | "bytes">> & Pick<BenchRecord, "roofline">;

/** The rows that have both operations and bytes: only they have a place in the plot. */
export const plotted = (rows: readonly BenchRecord[]): Point[] =>
  rows.filter((r): r is BenchRecord & Point => r.flops! > 0 && r.bytes! > 0);

/** In both layouts; there must be a row to plot. */
export const rooflinePlot = (rows: readonly BenchRecord[], roofline: Roofline): Drawing => ({
  wide: plot(rows, roofline, LAYOUTS.wide), narrow: plot(rows, roofline, LAYOUTS.narrow) });

function plot(rows: readonly BenchRecord[], roofline: Roofline, box: Box): string {
  const points = plotted(rows);
  const ridge = roofline.fma_gflops / roofline.copy_gbps;
  const x = logAxis([...points.map((p) => p.flops / p.bytes), ridge, ridge / 10], [box.left, box.right], {
    round: true,
  });
  const y = logAxis([...points.map((p) => p.gflops), roofline.fma_gflops], [box.bottom, box.top], { round: true });
  const used = FAMILIES.map(([label], i) => ({ label, colour: i })).filter((_, i) =>
    points.some((p) => familyOf(p.case) === i)
  );
  const key = legend(used, { x: box.left, y: box.bottom + 56, width: box.right - box.left, mark: "dot" });
  const parts = [...grid(x, y, box), ...roof(x, y, roofline, box), ...points.map((p) => point(p, x, y)), ...key.parts];
  return svg({ width: box.width, height: box.bottom + 56 + key.height + 12,
    title: "Roofline: GFLOP/s of each row over its operations a byte" }, parts);
}

function grid(x: LogAxis, y: LogAxis, box: Box): string[] {
  const columns = x.ticks.map((v) =>
    `<path class="rule" d="M${round(x.at(v))} ` +
    `${box.top}V${box.bottom + 5}"/>${text(x.at(v), box.bottom + 22, String(v), { anchor: "middle", as: "muted" })}`
  );
  const lines = y.ticks.map((v) =>
    `<path class="rule" d="M${box.left} ` +
    `${round(y.at(v))}H${box.right}"/>${text(box.left - 8, y.at(v) + 5, String(v), { anchor: "end", as: "muted" })}`
  );
  return [...columns, ...lines, text(8, 18, "GFLOP/s", { as: "muted" }),
    text((box.left + box.right) / 2, box.bottom + 43, "floating-point operations a byte", { anchor: "middle",
      as: "muted" })];
}

/** The slope of the copy up to the ceiling of the FMA loop, and what the matmul reaches. */
function roof(x: LogAxis, y: LogAxis, { copy_gbps, fma_gflops, matmul_gflops }: Roofline, box: Box): string[] {
  const first = Math.max(x.from, y.from / copy_gbps);
  const ridge = fma_gflops / copy_gbps;
  const path = `M${round(x.at(first))} ${round(y.at(first * copy_gbps))}L${round(x.at(ridge))} ` +
    `${round(y.at(fma_gflops))}H${box.right}`;
  const level = round(y.at(matmul_gflops));
  return [
    `<path class="line" stroke-width="2" d="${path}"/>`,
    `<path class="line" stroke-width="1.5" stroke-dasharray="3 5" d="M${round(x.at(matmul_gflops / copy_gbps))} ` +
    `${level}H${box.right}"/>`,
    text(box.right, y.at(fma_gflops) - 8, `FMA ${fma_gflops.toFixed(1)} GFLOP/s, copy ${copy_gbps.toFixed(1)} GB/s`,
      { anchor: "end", size: box.size, as: "halo" }),
    text(box.right, level + 17, `matmul ${matmul_gflops.toFixed(1)}`, { anchor: "end", size: box.size,
      as: "muted halo" }),
  ];
}

function point(p: Point, x: LogAxis, y: LogAxis): string {
  const share = p.roofline ? `, ${(100 * p.roofline).toFixed(0)} % of the roofline` : "";
  const words = `${p.case}: ${p.ms.toFixed(3)} ms, ${p.gflops.toFixed(2)} GFLOP/s${share}`;
  return `<circle cx="${round(x.at(p.flops / p.bytes))}" cy="${round(y.at(p.gflops))}" r="5" fill-opacity=".8" ` +
    `style="fill:${colour(familyOf(p.case))}"><title>${escapeHtml(words)}</title></circle>`;
}
