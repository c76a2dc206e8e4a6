// The flame strip: the dispatches of one step in time order, each a bar as long as it took, coloured by kernel.

import { scaleLinear } from "d3-scale";
import type { Flame } from "../src/readme/bench-results.ts";
import { Profile, type KernelTime, type Span } from "../src/engine/run/profiler.ts";
import type { Drawing } from "../src/report/html-figure.ts";
import { colour, COLOUR_COUNT, legend, NARROW, round, svg, text } from "../src/report/svg.ts";
import { escapeHtml } from "../src/report/words.ts";

const BAR = { top: 36, bottom: 116 };
const ASIDE = 14;

/** `shaders/pointwise/relu.wgsl#forward` is `relu#forward` to a reader. */
export const shortName = (kernel: string): string => kernel.replace(/^.*\//, "").replace(".wgsl", "");

/** Sums by kernel, the longest first. */
export const kernelTimes = (flame: Flame): KernelTime[] => new Profile(flame.spans).rows;

/** In both layouts. The kernels that took longest have colours of their own, the rest share one. */
export const flameStrip = (flame: Flame): Drawing => ({ wide: strip(flame, 1000), narrow: strip(flame, NARROW) });

function strip({ case: name, spans }: Flame, width: number): string {
  const times = kernelTimes({ case: name, spans });
  const own = times.slice(0, times.length > COLOUR_COUNT ? COLOUR_COUNT - 1 : COLOUR_COUNT).map((row) => row.kernel);
  const fill = (kernel: string) => (own.includes(kernel) ? colour(own.indexOf(kernel)) : "var(--muted)");
  const end = Math.max(...spans.map((s) => s.start + s.ms), 1e-6);
  const at = (ms: number) => ASIDE + (ms / end) * (width - 2 * ASIDE);
  const entries = own.map((kernel, i) => ({ label: `${shortName(kernel)}, ${times[i]!.ms.toFixed(2)} ms`, colour: i }));
  const key = legend(entries, { x: ASIDE, y: BAR.bottom + 40, width: width - 2 * ASIDE, mark: "dot" });
  const rest = times.length > own.length ? `${times.length - own.length} further kernels in grey` : "";
  const parts = [...axis(end, at, width), ...spans.map((span, i) => bar(span, i, at, fill(span.kernel))), ...key.parts,
    text(width - ASIDE, 18, rest, { anchor: "end", as: "muted" })];
  return svg({ width, height: BAR.bottom + 40 + key.height + 12,
    title: `The ${spans.length} dispatches of "${name}" in time order` }, parts);
}

function axis(end: number, at: (ms: number) => number, width: number): string[] {
  const marks = scaleLinear([0, end], [0, 1]).ticks(width / 100).map((v) =>
    `<path class="rule" d="M${round(at(v))} ${BAR.top}V${BAR.bottom + 6}"/>${
      text(at(v), BAR.bottom + 22, String(v), { anchor: "middle", as: "muted", size: 13 })
    }`
  );
  return [text(ASIDE, 18, "ms", { as: "muted" }), ...marks];
}

/** A bar is at least half a pixel wide, so that none vanishes; between wider ones there is a gap. */
function bar({ kernel, start, ms }: Span, i: number, at: (ms: number) => number, fill: string): string {
  const full = at(start + ms) - at(start);
  const width = full > 3 ? full - 0.75 : Math.max(0.5, full);
  return `<rect x="${round(at(start))}" y="${BAR.top}" width="${round(width)}" height="${
    BAR.bottom - BAR.top
  }" style="fill:${fill}"><title>${
    escapeHtml(`${i + 1}. ${shortName(kernel)}: ${ms.toFixed(3)} ms, from ${start.toFixed(2)}`)
  }</title></rect>`;
}
