// A made-up result file of every part, and figures to go with it.

import type { Table2Row } from "../src/evaluate/white-box.ts";
import { paperRow } from "../src/paper/numbers.ts";
import type { Column, MeasuredRow, Results } from "../src/paper/results.ts";
import { FULL, MNIST } from "../src/paper/mnist.ts";
import { mcnemar } from "../src/evaluate/stats.ts";
import type { Comparison } from "../src/paper/results.ts";

const COLUMNS: readonly Column[] = ["none", "fgsm", "ifgsm", "pgd", "mifgsm"];
const columns = <T>(value: (i: number) => T) =>
  Object.fromEntries(COLUMNS.map((c, i) => [c, value(i)])) as Record<Column, T>;

/** The paper's row moved by so many points, at most 100. */
export function row(defence: string, by: number): MeasuredRow {
  const theirs = MNIST.paper.table1[paperRow(MNIST.paper, defence)!]!;
  const value = columns((i) => Math.max(0, Math.min(100, theirs[i]! + by)));
  return { defence, ...value,
    intervals: columns((i) => [Math.max(0, value[COLUMNS[i]!] - 0.3), Math.min(100, value[COLUMNS[i]!] + 0.3)]),
    n: 10_000 };
}

const comparison = (reference: string, other: string): Comparison =>
  ({ reference, other, ...columns((i) => ({ b: 10 + 40 * i, c: 12, p: mcnemar(10 + 40 * i, 12) })) });

/** A defence whose worst case within eps is `percent` of 100 at eps 0.1 and a fifth of it at 0.3. */
export function table2Row(defence: string, percent: number): Table2Row {
  const noise = defence !== "none" && defence !== "dae";
  const share = (p: number) => ({ percent: p, right: Math.round(p), n: 100 });
  const verdict = (p: number) => ({ mean_latent: share(p),
    fresh: noise ? { draws: 20, draws_mean: p + 0.5, majority: share(p), all_right: share(p / 2) } : null });
  const bounded = (p: number) => ({ ...share(p),
    interval: [Math.max(0, p - 9), Math.min(100, p + 9)] as [number, number] });
  return {
    defence,
    paper: { acc_raw: share(98), acc_ae: share(72.3), fresh: verdict(70).fresh, l2: 3.21, linf: 0.71 },
    clean: verdict(97),
    eps: [0.1, 0.2, 0.3].map((eps, i) => {
      const p = percent * [1, 0.5, 0.2][i]!;
      return {
        eps,
        attacks: { bpda: verdict(Math.min(97, p + 20)), sampler: noise ? verdict(p + 2) : null,
          eot: noise ? verdict(p + 3) : null, mean: verdict(p + 1) },
        worst: { mean_latent: bounded(p), majority: noise ? bounded(p) : null,
          all_right: noise ? bounded(p / 2) : null },
      };
    }),
  };
}

export const RESULTS: Results = {
  command: "reproduce all",
  settings: { ...FULL },
  seed: 0,
  adapter: "llvmpipe (LLVM 15.0.6, 256 bits), Vulkan",
  commit: "0123abc",
  durations: { "train classifier": 700.4, "train C-VAE": 1234.5, "table 1": 301, total: 9000 },
  table1: FULL.rows.map((name) => row(name, name.endsWith("signed") ? 1.2 : -2)),
  mcnemar: [...(["vae+g-signed", "none", "dae"] as const).map((other) => comparison("cvae+g-signed", other)),
    comparison("cvae+g", "vae+g")],
  seeds: [0, 1, 2].map((seed) => ({ ...row("cvae+g-signed", 1 + seed / 10), seed })),
  table2: { rows: FULL.rows.map((name, i) => table2Row(name, 10 * i)) },
  epsCurves: { eps: FULL.curves.eps as number[], attack: "I-FGSM", alpha: 0.25, steps: 10, images: 1000,
    curves: FULL.rows.map((defence, i) => ({ defence,
      values: FULL.curves.eps.map((e) => Math.max(0, 99 - (150 - 15 * i) * e)) })
    ) },
  clustering: [0, 1, 2].map((seed) => ({ seed, accuracy: 66 + seed, nmi: 0.61, purity: 70.5,
    sizes: [900, 1100, 1000, 950, 1050, 1000, 1010, 990, 1500, 500], matching: [0, 1, 2, 3, 4, 5, 6, 7, 8, null] })
  ),
};
