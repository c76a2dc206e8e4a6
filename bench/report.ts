// The page of a bench run: the roofline with every row under it, bars against peers, the flame strip of a training
// step, and the table. One self-contained file.

import { groupOf, liveMb, neededMb, type BenchRecord, type BenchResults, type Group,
  type PeerResults } from "../src/readme/bench-results.ts";
import { against, enginesOf, summarise, summaryText } from "../src/readme/peers.ts";
import { htmlReport, type ReportPart, type ReportSection, type ReportTable } from "../src/report/page.ts";
import { counted } from "../src/report/words.ts";
import { flameStrip, kernelTimes, shortName } from "./flame.ts";
import { peerBars } from "./peer-bars.ts";
import { plotted, rooflinePlot } from "./roofline-plot.ts";

/** The whole page; peers, roofline and flame strip are left out where there are none. */
export function benchReport(results: BenchResults, peers: PeerResults | null): string {
  return htmlReport({
    title: `purigrad: bench on ${results.adapter}`,
    summary: summary(results, peers),
    sections: [
      { heading: "Roofline", parts: rooflineParts(results) },
      { heading: "Against peers", parts: peers ? peerParts(peers, results.adapter) : [] },
      { heading: "One training step", parts: flameParts(results) },
      ...tables(results.rows),
      { heading: "How it was measured", parts: [{ kind: "settings" as const, entries: madeBy(results) }] },
    ].filter((section) => section.parts.length > 0),
  });
}

function summary({ rows, roofline }: BenchResults, peers: PeerResults | null): string {
  const shares = rows.flatMap((row) => (row.roofline ? [row.roofline] : [])).sort((a, b) => a - b);
  const middle = shares[Math.floor(shares.length / 2)];
  const ceiling = roofline
    ? ` This adapter copies ${roofline.copy_gbps.toFixed(1)} GB/s (read and written), multiplies and adds ${
      roofline.fma_gflops.toFixed(1)
    } GFLOP/s in registers, and purigrad's matmul reaches ${roofline.matmul_gflops.toFixed(1)}.` : "";
  const share = middle ? ` The median row takes ${(100 * middle).toFixed(0)} % of the roofline.` : "";
  const beside = peers ? summarise(against(peers)).map(summaryText).join("; ") : "";
  return `${counted(rows.length, "row")}.${ceiling}${share}${
    beside ? `\n\nAgainst peers, ${beside}.` : ""
  }`;
}

function rooflineParts({ rows, roofline }: BenchResults): ReportPart[] {
  const points = plotted(rows);
  if (!roofline || points.length === 0) return [];
  const left = rows.length - points.length;
  return [{
    kind: "drawing", ...rooflinePlot(rows, roofline), alt: "Points for the rows under a roof of two " +
      "lines, both axes logarithmic",
    caption:
      `Operations and least bytes of each row, and the rate it reaches; the roof is what a copy and a loop of FMAs ` +
      `reach on this adapter in the same run.${
        left ? ` ${counted(left, "row")} without operations or bytes worth counting: in the tables only.` : ""
      }`,
  }];
}

function peerParts(peers: PeerResults, adapter: string): ReportPart[] {
  const rows = against(peers);
  if (rows.length === 0) return [];
  const other = peers.adapter === adapter ? "" : `These were measured on another adapter, ${peers.adapter}. `;
  return [{
    kind: "drawing", ...peerBars(rows, enginesOf(peers)), alt: "A line for each case with a dot for " +
      "each engine, right of 1 where it is slower than purigrad",
    caption: `${other}All engines by turns in one run. The bar ends at the fastest of the other WebGPU engines; ` +
      `rings are PyTorch, which does not go through WebGPU.`,
  }];
}

function flameParts({ flame }: BenchResults): ReportPart[] {
  if (!flame || flame.spans.length === 0) return [];
  const times = kernelTimes(flame);
  const total = times.reduce((sum, row) => sum + row.ms, 0);
  return [
    {
      kind: "drawing", ...flameStrip(flame), alt: "Bars for the dispatches of one step in time " +
        "order, coloured by kernel",
      caption: `"${flame.case}": ${counted(flame.spans.length, "dispatch", "dispatches")} by timestamp queries, each ` +
        `in a pass of its own, ${total.toFixed(2)} ms in kernels.`,
    },
    {
      kind: "table",
      caption: "Time by kernel",
      dense: true,
      corner: "kernel",
      columns: [{ label: "calls", digits: 0 }, { label: "ms", digits: 3 }, { label: "% of kernel time", digits: 1 }],
      rows: times.map(({ kernel, calls, ms }) => ({ label: shortName(kernel),
        cells: [calls, ms, (100 * ms) / total] })
      ),
    },
  ];
}

const HEADINGS: readonly [Group, string][] = [["step", "Whole steps"], ["overhead", "Overhead"], ["kernel", "Kernels"],
  ["op", "Single ops"]];

const tables = (rows: readonly BenchRecord[]): ReportSection[] =>
  HEADINGS.map(([group, heading]) => ({ heading, group: rows.filter((row) => groupOf(row) === group) }))
    .filter(({ group }) => group.length > 0)
    .map(({ heading, group }) => ({ heading, parts: [folded(table(group, heading))] }));

/** A long table is shown when the reader asks for it. */
const folded = (whole: ReportTable): ReportPart =>
  whole.rows.length <= LONG ? whole
    : { kind: "fold", summary: `Show ${counted(whole.rows.length, "row")}`, parts: [whole] };

/** Rows of a table that is shown at once. */
const LONG = 15;

function table(rows: readonly BenchRecord[], caption: string): ReportTable {
  const columns = [["ms", 3], ["spread %", 0], ["GFLOP/s", 2], ["GB/s", 2], ["roofline %", 0], ["kernels", 0], [
    "kernel ms",
    3,
  ], ["host us", 1], ["first ms", 1], ["live MB", 1], ["needed MB", 1]] as const;
  return {
    kind: "table",
    caption,
    dense: true,
    corner: "row",
    columns: [...columns.map(([label, digits]) => ({ label, digits })), "variant"],
    rows: rows.map((row) => ({ label: row.case, cells: [...numbers(row), row.variant ?? ""] })),
  };
}

const numbers = (r: BenchRecord): (number | null)[] => [
  r.ms,
  100 * r.spread,
  r.gflops || null,
  r.gbps || null,
  r.roofline ? 100 * r.roofline : null,
  r.dispatches || null,
  r.kernel_ms,
  r.host_us_per_kernel ?? null,
  r.first_ms || null,
  liveMb(r),
  neededMb(r),
];

const madeBy = ({ adapter, cpu, cores, commit }: BenchResults) => ({
  adapter, ...(cpu !== undefined && { processor: `${cpu}, ${cores} cores` }), commit,
  "ms": "median of up to 15 samples of several calls each, after a first call that records and compiles and two more",
  "spread": "(90th - 10th percentile) / median of the samples",
  "roofline": "the larger of operations / FMA rate and bytes / copy rate, divided by the time taken",
  "kernel ms": "sum of the kernels' times by timestamp queries, in one call of its own",
  "host us": "CPU time of the calling thread in one call, encode and submit, by the number of kernels",
  "first ms": "the first call: recording, compiling, running",
  "live MB": "what inputs, parameters, optimiser and the captured step hold together",
  "needed MB": "the same if the step held no more than its tensors take at one time",
});
