// The two tables of README.md itself: what the paper's table comes to, and how fast it is beside others.

import { paperOf } from "../paper/experiments.ts";
import { ATTACKS } from "../paper/numbers.ts";
import type { Results } from "../paper/results.ts";
import { lines, markdownTable } from "../report/table.ts";
import type { BenchFiles } from "./bench-tables.ts";
import type { PeerResults } from "./bench-results.ts";
import { besidePaper } from "./readme.ts";
import { against, geometricMean, isTorch, summarise, type Against } from "./peers.ts";

/** Of Table 1; the others stand in results/README.md. */
const ROWS = ["none", "dae", "vae+g", "cvae", "cvae+g", "cvae+g-signed"];
/** Radius of the white-box column: that of the gray-box attacks. */
const EPS = 0.2;

/** Table 1 beside the paper's, and the worst case in the white box. */
export function resultsTable({ table1 = [], table2, settings }: Results): string {
  const rows = ROWS.flatMap((name) => table1.find((row) => row.defence === name) ?? []);
  if (rows.length === 0) return "";
  const paper = paperOf(settings);
  const white = (name: string) =>
    table2?.rows.find((row) => row.defence === name)?.eps.find(({ eps }) => eps === EPS)?.worst.mean_latent;
  const tried = Math.max(0, ...rows.map((row) => white(row.defence)?.n ?? 0));
  return [
    `MNIST, accuracy in percent on ${rows[0]!.n.toLocaleString("en")} test images, eps ${EPS}, the paper's in ` +
    `brackets; last what the worst case over all white-box attacks leaves of ${tried} images.\n`,
    markdownTable({ columns: [...ATTACKS, "white box"],
      rows: lines(rows.map((row) => [...besidePaper(row, paper, 1), white(row.defence)?.percent.toFixed(1) ?? "-"])) }),
  ].join("\n");
}

const GROUPS = [["step", "training steps, PGD, purification"], ["kernel", "kernels"],
  ["overhead", "chains of 1,000 tiny ops"]] as const;

const times = (ratios: readonly number[]): string => (ratios.length ? geometricMean(ratios).toFixed(2) : "-");

/** `0.87`; on CUDA `0.87 (0.57)`, with TF32 in brackets. */
function pytorchCell(rows: readonly Against[]): string {
  const of = (tf32: boolean) =>
    times(rows.flatMap(({ ratios }) =>
      Object.entries(ratios).filter(([engine]) => isTorch(engine) && engine.endsWith("tf32") === tf32)
        .map(([, ratio]) => ratio)
    ));
  return of(true) === "-" ? of(false) : `${of(false)} (${of(true)})`;
}

function speedRows({ adapter, ...rest }: PeerResults): string[][] {
  const all = against({ adapter, ...rest });
  const groups = summarise(all);
  return GROUPS.flatMap(([group, title]) => {
    const summary = groups.find((s) => s.group === group);
    const rows = all.filter((row) => row.group === group);
    return summary ? [[adapter, title, String(summary.cases), summary.ahead.toFixed(2), String(summary.behind),
      pytorchCell(rows)]] : [];
  });
}

/** Geometric means over the cases of each run of `npm run bench:peers`. */
export function speedTable({ peers }: BenchFiles): string {
  const rows = peers.flatMap(({ results }) => speedRows(results));
  if (rows.length === 0) return "";
  return [
    "Time of another engine / time of purigrad, geometric means: of the fastest of tfjs, jax-js and ONNX Runtime on " +
    "WebGPU, case by case, and of PyTorch: on the same core, beside a GPU on CUDA (in brackets with TF32).\n",
    markdownTable({ corner: "adapter", columns: ["", "cases", "fastest WebGPU peer", "cases behind it", "PyTorch"],
      rows: lines(rows) }),
  ].join("\n");
}
