// The latent space in two dimensions: the means mu(x) of test images by t-SNE, coloured by cluster and by label.

import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import type { Autoencoder } from "../../model/networks/autoencoder.ts";
import type { Batches } from "../../evaluate/batches.ts";
import { encodeAll } from "../../evaluate/encode.ts";
import { colour, COLOUR_COUNT, legend, svg, text } from "../../report/svg.ts";
import { tsne, type TsneOptions } from "../../evaluate/tsne.ts";

export interface LatentMap {
  /** [n,2] row-major. */
  points: Float32Array;
  /** 0 to 9, [n]. */
  clusters: ArrayLike<number>;
  /** 0 to 9, [n]. */
  labels: ArrayLike<number>;
}

const PANEL = 340;
const MARGIN = 14;
const TOP = 34;
const KEY = 54; // pixels for the legend under a panel
const AROUND = 26; // pixels within which a number looks for its group
const APART = 20; // pixels between two numbers

type Point = readonly [x: number, y: number];

/**
 * Two panels beside each other as SVG: the points by cluster and by label, each group with its number at its middle.
 */
export function latentFigure({ points, clusters, labels }: LatentMap): string {
  const n = points.length / 2;
  for (const [name, groups] of Object.entries({ clusters, labels })) {
    if (n < 1 || groups.length !== n) throw new Error(`latentFigure: ${n} points and ${groups.length} ${name} came; ` +
      `give one of each for a point`);
    const wrong = Array.from(groups).find((g) => !(Number.isInteger(g) && g >= 0 && g < COLOUR_COUNT));
    if (wrong !== undefined) throw new Error(`latentFigure: ${name} has ${wrong}; whole numbers from 0 to ` +
      `${COLOUR_COUNT - 1} were due`);
  }
  const at = scaled(points);
  const height = TOP + PANEL + 12 + KEY;
  const second = 2 * MARGIN + PANEL;
  const title = `${n} latent means in two dimensions, coloured by cluster and by label`;
  return svg({ width: 2 * PANEL + 3 * MARGIN, height, title,
    pieces: [[MARGIN - 5, 0, PANEL + 10, height], [second - 5, 0, PANEL + 10, height]] }, [
    ...panel("by cluster", at, clusters, MARGIN), ...panel("by label", at, labels, second),
  ]);
}

/** Points in pixels of a panel, with one scale for both axes and a margin. */
function scaled(points: Float32Array): Point[] {
  const pairs = Array.from({ length: points.length / 2 }, (_, i): Point => [points[2 * i]!, points[2 * i + 1]!]);
  const range = (axis: 0 | 1) =>
    pairs.reduce(([low, high], p) => [Math.min(low, p[axis]), Math.max(high, p[axis])] as const,
      [Infinity, -Infinity] as const);
  const [x, y] = [range(0), range(1)];
  const scale = (PANEL - 24) / (Math.max(x[1] - x[0], y[1] - y[0]) || 1);
  return pairs.map((
    p,
  ) => [PANEL / 2 + scale * (p[0] - (x[0] + x[1]) / 2), PANEL / 2 + scale * (p[1] - (y[0] + y[1]) / 2)]);
}

function panel(name: string, at: readonly Point[], groups: ArrayLike<number>, left: number): string[] {
  const members = new Map<number, Point[]>();
  at.forEach((point, i) => {
    const own = members.get(groups[i]!) ?? [];
    own.push(point);
    members.set(groups[i]!, own);
  });
  const sorted = [...members].sort((a, b) => a[0] - b[0]);
  const place = ([x, y]: Point): Point => [left + x, TOP + y];
  const dots = sorted.map(([group, own]) => {
    const d = own.map((p) => `M${place(p).map((v) => Math.round(v * 10) / 10).join(" ")}h0`).join("");
    return `<path class="group" fill="none" stroke-width="4.5" stroke-linecap="round" stroke-opacity=".8" d="${d}" ` +
      `style="stroke:${colour(group)}"/>`;
  });
  const numbers = sorted.map(([group]) => group);
  const names = crowns(sorted.map(([, own]) => own)).map((crown, i) => {
    const [x, y] = place(crown);
    return text(x, y + 6, String(numbers[i]), { anchor: "middle", size: 19, as: "bold halo" });
  });
  const frame = `<rect class="rule" x="${left}" y="${TOP}" width="${PANEL}" height="${PANEL}" rx="4"/>`;
  const key = legend(numbers.map((i) => ({ label: String(i), colour: i })), { x: left + 2, y: TOP + PANEL + 10,
    width: PANEL, mark: "dot" });
  return [text(left + 2, 22, name, { size: 16, as: "bold" }), frame, ...dots, ...names, ...key.parts];
}

/** For each group its point with the most others of the group around it, away from those chosen before. */
function crowns(groups: readonly (readonly Point[])[]): Point[] {
  const chosen: Point[] = [];
  for (const own of groups) {
    const near = own.map((a) => own.filter((b) => distance(a, b) < AROUND).length);
    const free = own.map((a, i) => (chosen.every((c) => distance(a, c) > APART) ? near[i]! : 0));
    const best = Math.max(...free) > 0 ? free : near;
    chosen.push(own[best.indexOf(Math.max(...best))]!);
  }
  return chosen;
}

const distance = (a: Point, b: Point): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

/** Latent means of the first `count` images of a set, mapped to two dimensions and drawn. means [K,d]. */
export async function latentSpace(gpu: Engine, net: Autoencoder, means: Tensor, set: Batches,
  { count = 1500, ...options }: TsneOptions & { count?: number; } = {}): Promise<string> {
  const { points, clusters, labels } = await encodeAll(gpu, net, means, set, count);
  return latentFigure({ points: tsne(points, means.shape[1]!, options), clusters, labels });
}
