// The lines of `npm run bench` on the terminal.

import { liveMb, type BenchRecord, type BenchResults, type Roofline } from "../src/readme/bench-results.ts";

const HEAD = ["case", "ms", "spread", "GFLOP/s", "GB/s", "roofline", "kernel ms", "host us", "kernels", "first ms",
  "MB", "variant"];
const WIDTH = [46, 10, 7, 8, 7, 9, 10, 8, 8, 9, 8, 0];

const line = (cells: string[]): string =>
  cells.map((c, i) => (i === 0 || i === cells.length - 1 ? c.padEnd(WIDTH[i]!) : c.padStart(WIDTH[i]!))).join(" ")
    .trimEnd();
const digits = (v: number | null | undefined, n: number): string => (v ? v.toFixed(n) : "-");
const percent = (
  v: number | null | undefined,
): string => (v === null || v === undefined ? "-" : `${(100 * v).toFixed(0)} %`);

export const heading = (): string => line(HEAD);

/** A line for each heavy call whose variants were timed. */
const printedVariants = ({ variants = {} }: BenchRecord): string[] =>
  Object.entries(variants).map(([call, times]) => `    ${call}: ${
    Object.entries(times).map(([name, ms]) => `${name} ${Number.isFinite(ms) ? digits(ms, 3) : "WRONG"}`).join(", ")}`);

export function printedRow(r: BenchRecord): string {
  const cells = [digits(r.ms, 3), percent(r.spread), digits(r.gflops, 2), digits(r.gbps, 2), percent(r.roofline),
    digits(r.kernel_ms, 3), digits(r.host_us_per_kernel, 1), digits(r.dispatches, 0), digits(r.first_ms, 1),
    digits(liveMb(r), 1)];
  return [line([r.case, ...cells, r.variant ?? ""]), ...printedVariants(r)].join("\n");
}

export const printedRoofline = (r: Roofline): string =>
  `roofline: copy ${r.copy_gbps.toFixed(2)} GB/s, FMA in registers ${r.fma_gflops.toFixed(1)} GFLOP/s; matmul ` +
    `reaches ${r.matmul_gflops.toFixed(1)} GFLOP/s`;

export const LEGEND = "medians of up to 15 samples; spread (90th - 10th percentile) / median; roofline: the time it " +
  "needs / ms; host: CPU time of the calling thread a kernel; MB: live while the step exists";

/** All of a file, as it was printed when it was measured. */
export function printedResults(results: BenchResults): string {
  const roofline = results.roofline ? [printedRoofline(results.roofline)] : [];
  return [`adapter: ${results.adapter}, commit ${results.commit}`, ...roofline, LEGEND, "", heading(),
    ...results.rows.map(printedRow)].join("\n") + "\n";
}
