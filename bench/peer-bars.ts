// Bars against peers: a line for each case, how many times as long as purigrad every other engine takes.

import type { Drawing } from "../src/report/html-figure.ts";
import { colour, legend, NARROW, roomFor, round, svg, text } from "../src/report/svg.ts";
import { isWebGpu, type Against } from "../src/readme/peers.ts";
import { escapeHtml } from "../src/report/words.ts";
import { logAxis, type LogAxis } from "./log-axis.ts";

/** On a phone the names of the cases stand over their lines. */
const LAYOUTS = { wide: { width: 900, line: 20, above: false }, narrow: { width: NARROW, line: 38, above: true } };
type Layout = (typeof LAYOUTS)["wide"];
const SIZE = 13;

/** In both layouts; a bar goes from 1 to the fastest WebGPU peer, a dot is an engine. Rows must not be empty. */
export const peerBars = (rows: readonly Against[], engines: readonly string[]): Drawing => ({
  wide: bars(rows, engines, LAYOUTS.wide), narrow: bars(rows, engines, LAYOUTS.narrow) });

function bars(rows: readonly Against[], engines: readonly string[], layout: Layout): string {
  const left = layout.above ? 14 : 24 + Math.max(...rows.map((row) => roomFor(row.case, SIZE)));
  const right = layout.width - (layout.above ? 14 : 24);
  const key = legend(engines.map((label, i) => ({ label, colour: i })), { x: left, y: 4, width: right - left,
    mark: "dot" });
  const top = key.height + 48;
  const bottom = top + rows.length * layout.line;
  const x = logAxis([1, ...rows.flatMap((row) => Object.values(row.ratios))], [left, right]);
  const lines = rows.map((row, i) => caseLine(row, top + (i + (layout.above ? 0.75 : 0.5)) * layout.line, x, engines,
    layout.above ? text(left, top + i * layout.line + 15, row.case, { size: SIZE, as: "halo" })
      : text(left - 12, top + (i + 0.5) * layout.line + 4.5, row.case, { anchor: "end", size: SIZE })));
  const parts = [...key.parts, ...axis(x, top, bottom), ...lines,
    text((left + right) / 2, bottom + 38, "time of the engine / time of purigrad", { anchor: "middle", as: "muted",
      size: SIZE })];
  return svg({ width: layout.width, height: bottom + 50,
    title: "How many times as long as purigrad each engine takes, by case" }, parts);
}

function axis(x: LogAxis, top: number, bottom: number): string[] {
  const ticks = x.ticks.map((v) => {
    const at = round(x.at(v));
    const label = (y: number) => text(at, y, `${v}`, { anchor: "middle", as: "muted", size: SIZE });
    return `<path class="${v === 1 ? "line" : "rule"}" d="M${at} ` +
      `${top}V${bottom}"/>${label(top - 8)}${label(bottom + 18)}`;
  });
  return ticks;
}

function caseLine(row: Against, y: number, x: LogAxis, engines: readonly string[], name: string): string {
  const { fastest, ratios } = row;
  const [from, to] = [x.at(1), x.at(fastest?.ratio ?? 1)].sort((a, b) => a - b) as [number, number];
  const bar = fastest
    ? `<rect x="${round(from)}" y="${round(y - 5)}" width="${
      round(to - from)
    }" height="10" fill-opacity=".35" style="fill:${colour(engines.indexOf(fastest.engine))}"/>` : "";
  const dots = Object.entries(ratios).map(([engine, ratio]) =>
    dot(engine, ratio, row, x.at(ratio), y, colour(engines.indexOf(engine)))
  );
  return name + bar + dots.join("");
}

/** WebGPU engines are filled, PyTorch is a ring. */
function dot(engine: string, ratio: number, row: Against, x: number, y: number, fill: string): string {
  const style = isWebGpu(engine) ? `fill:${fill}` : `fill:var(--ground);stroke:${fill};stroke-width:2.5px`;
  const words = `${row.case}, ${engine}: ${(ratio * row.ours.ms).toFixed(3)} ms, ${ratio.toFixed(2)} times ` +
    `purigrad's ${row.ours.ms.toFixed(3)} ms`;
  return `<circle cx="${round(x)}" cy="${round(y)}" r="${isWebGpu(engine) ? 5 : 4}" ` +
    `style="${style}"><title>${escapeHtml(words)}</title></circle>`;
}
