// Measures of classifiers, defences and clusters against their formulas: matched clusters, mutual information,
// principal components, shares of images.

import { clusteringAccuracy, describeClustering, hungarian, nmi } from "../../evaluate/clustering.ts";
import { principalComponents } from "../../evaluate/pca.ts";
import { verdictOf, worstOf } from "../../evaluate/verdicts.ts";
import { Examiner, victimOf, type Exam } from "../../evaluate/victim.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { cat, flatten, linear, mul } from "../../kernels/index.ts";
import { symmetricEigen } from "../../model/eigen.ts";
import { relativeError, type Case, type Check } from "../case.ts";
import { computedCase as one, numbers } from "../computed-tools.ts";
import { argmaxOf, entropy, IMAGES, K, LABELS, logitsOf, N, P, rowOf, WEIGHTS } from "./linear-model.ts";

const permutations = (n: number): number[][] =>
  n === 0 ? [[]] : permutations(n - 1).flatMap((p) => Array.from({ length: n }, (_, at) => p.toSpliced(at, 0, n - 1)));
const sum = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0);
const logs = (shares: readonly number[]): number => -sum(shares.map((p) => (p ? p * Math.log(p) : 0)));

/** Of all assignments of five rows the cheapest, and some of whole numbers that leave a choice. */
async function runMatching(): Promise<Check[]> {
  return [0, 1, 2, 3].map((k) => {
    const cost = [0, 1, 2, 3, 4].map((row) =>
      numbers(`cost ${k} ${row}`, 5).map((v) => (k === 3 ? Math.round(2 * v) : v)));
    const of = (columns: readonly number[]) => sum(columns.map((column, row) => cost[row]![column]!));
    const least = Math.min(...permutations(5).map(of));
    const found = hungarian(cost);
    return { what: `table ${k}`, error: Math.abs(of(found) - least) + Number(new Set(found).size !== 5), limit: 1e-12 };
  });
}

/** Five clusters of items with four labels; the last cluster gets no label. */
async function runClustering(): Promise<Check[]> {
  const clusters = [0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 4];
  const labels = [1, 1, 0, 2, 2, 0, 0, 3, 0, 3, 3, 3];
  const table = [0, 1, 2, 3, 4].map((c) => [0, 1, 2, 3].map((l) =>
    clusters.filter((v, i) => v === c && labels[i] === l).length / 12));
  const [own, theirs] = [table.map(sum), [0, 1, 2, 3].map((l) => sum(table.map((row) => row[l]!)))];
  const due = (2 * (logs(own) + logs(theirs) - logs(table.flat()))) / (logs(own) + logs(theirs));
  const { accuracy, matching } = clusteringAccuracy(clusters, labels, 5);
  const { purity, sizes } = describeClustering(clusters, labels, 5, 0);
  return [{ what: "accuracy, purity", error: relativeError([accuracy, purity], [900 / 12, 1000 / 12]), limit: 1e-12 },
    { what: `matching ${matching}`, error: Number(`${matching}` !== "1,2,0,3,"), limit: 0 },
    { what: "sizes", error: relativeError(sizes, [3, 2, 4, 2, 1]), limit: 0 },
    { what: "mutual information", limit: 1e-12,
      error: relativeError([nmi(clusters, labels), nmi(labels, labels), nmi([0, 0], [1, 1])], [due, 1, 1]) }];
}

/** Eigenvectors belong to their values, the largest first; coordinates have the variances of the first two. */
async function runAxes(): Promise<Check[]> {
  const [n, d] = [40, 4];
  const points = numbers("axes", n * d).map((v, i) => Math.fround(v * [3, 1, 0.5, 0.1][i % d]! + 1));
  const mean = [0, 1, 2, 3].map((c) => sum(points.filter((_, i) => i % d === c)) / n);
  const cov = Array.from({ length: d * d }, (_, e) => sum(Array.from({ length: n }, (__, i) =>
    (points[i * d + Math.floor(e / d)]! - mean[Math.floor(e / d)]!) * (points[i * d + (e % d)]! - mean[e % d]!))) / n);
  const { values, vectors } = symmetricEigen(Float64Array.from(cov), d);
  const off = [...values].map((value, k) => Math.hypot(...[0, 1, 2, 3].map((row) =>
    sum([0, 1, 2, 3].map((c) => cov[row * d + c]! * vectors[k]![c]!)) - value * vectors[k]![row]!)));
  const at = principalComponents(new Float32Array(points), d);
  const variance = (k: number) => sum([...at].filter((_, i) => i % 2 === k).map((v) => v * v)) / n;
  return [{ what: "A v - value v", error: Math.max(...off), limit: 1e-10 },
    { what: "the trace", error: relativeError([sum([...values])], [sum([0, 1, 2, 3].map((c) => cov[c * d + c]!))]),
      limit: 1e-10 },
    { what: "the order", error: Number([...values].some((v, k) => k > 0 && v > values[k - 1]!)), limit: 0 },
    { what: "variances along both axes", limit: 1e-6,
      error: relativeError([variance(0), variance(1)], [1, values[1]! / values[0]!]) }];
}

const examOf = (draws: number, right: number[], rights: number[], vote: number[]): Exam =>
  ({ draws, right: new Float32Array(right), rights: new Float32Array(rights), vote: new Float32Array(vote),
    loss: new Float32Array(right.length), drawsLoss: new Float32Array(rights.length) });

/** What is right under one attack, and under two of them. */
async function runVerdicts(): Promise<Check[]> {
  const [a, b] = [examOf(4, [1, 1, 0, 1, 0], [4, 3, 1, 4, 0], [1, 1, 0, 1, 0]),
    examOf(4, [1, 0, 1, 1, 0], [4, 4, 4, 2, 1], [1, 1, 1, 0, 0])];
  const { mean_latent: own, fresh } = verdictOf(a);
  const worst = worstOf([a, b]);
  const figures = [own.percent, own.right, own.n, fresh!.draws_mean, fresh!.majority.right, fresh!.all_right.right,
    worst.mean_latent.right, worst.majority!.right, worst.all_right!.right];
  return [{ what: `shares ${figures}`, error: relativeError(figures, [60, 3, 5, 60, 3, 2, 2, 2, 1]), limit: 1e-12 },
    { what: "an interval", error: relativeError(worst.mean_latent.interval, [5.274495, 85.336720]), limit: 1e-6 },
    { what: "without noise", error: Number(verdictOf(examOf(0, [1], [], [])).fresh !== null), limit: 0 }];
}

/** A victim that is shown its images half as bright; three draws, each with another brightness. */
async function runExaminer(gpu: Engine): Promise<Check[]> {
  const w = gpu.tensor(WEIGHTS, [K, P]);
  const brightness = [0.2, 0.9, -0.5];
  const victim = victimOf({ name: "dark", title: "half as bright", purify: (x: Tensor) => mul(x, 0.5),
    sample: (x: Tensor, draws: number) => cat(brightness.slice(0, draws).map((b) => mul(x, b))) },
  (x) => linear(flatten(x), w));
  const examiner = new Examiner(gpu, victim, 3, 4);
  const exam = await examiner.examine({ images: new Float32Array(IMAGES), labels: Int32Array.from(LABELS), n: N,
    shape: [1, 1, P] });
  const at = (n: number, b: number) => rowOf(IMAGES, n).map((v) => b * v);
  const said = (n: number, b: number) => argmaxOf(logitsOf(at(n, b)));
  const votes = (n: number) => [0, 1, 2].map((k) => brightness.filter((b) => said(n, b) === k).length);
  const of = (f: (label: number, n: number) => number) => LABELS.map(f);
  const due: [keyof Exam, number[]][] = [
    ["right", of((label, n) => Number(said(n, 0.5) === label))],
    ["loss", of((label, n) => entropy(at(n, 0.5), label))],
    ["rights", of((label, n) => votes(n)[label]!)],
    ["vote", of((label, n) => Number(argmaxOf(votes(n)) === label))],
    ["drawsLoss", of((label, n) => sum(brightness.map((b) => entropy(at(n, b), label))) / 3)],
  ];
  [examiner, w].forEach((t) => t.dispose());
  return due.map(([what, values]) =>
    ({ what, error: relativeError(exam[what] as Float32Array, values), limit: 2e-5 }));
}

export const measureCases = (): Case[] => [
  one("measures", "the cheapest assignment", runMatching), one("measures", "clusters and labels", runClustering),
  one("measures", "principal axes", runAxes), one("measures", "verdicts", runVerdicts),
  one("measures", "an examination", runExaminer),
];
