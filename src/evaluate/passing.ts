// What a purifier leaves of a perturbation, and what it costs a clean image: the two numbers that explain a row of
// Table 1. A purifier that lets most of the perturbation through cannot help; one that lets little of the image through
// loses clean accuracy.

import type { Attack } from "../attacks/index.ts";
import type { Purifier } from "../defences/purifier.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import { add, mul, reshape, squaredError, stack, sub, sum } from "../kernels/index.ts";
import { silent, type Begin } from "../report/progress.ts";
import { countOf, imagesOf, labelsOf, type Batches } from "./batches.ts";

export interface Passing {
  defence: string;
  /** Mean over images of 10 log10(1 / mean squared error) of the purified clean image, dB; null where none changes. */
  psnr: number | null;
  /**
   * Mean over images of <D(x + d) - D(x), d> / <d, d>: 1 where d passes as it is, 0 where none of it does; null where
   * the attack changed no image.
   */
  share: number | null;
}

/** [3,N]: squared error of the clean image, <D(x + d) - D(x), d>, <d, d>. */
function products({ purify }: Purifier, x: Tensor, d: Tensor): Tensor {
  const flat = (t: Tensor) => reshape(t, [x.shape[0]!, x.size / x.shape[0]!]);
  const clean = purify(x);
  const along = (t: Tensor) => sum(mul(flat(t), flat(d)), { dim: 1 });
  return stack([squaredError(clean, x), along(sub(purify(add(x, d)), clean)), along(d)]);
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** From the products of all images; an image that the attack left as it was counts for the PSNR alone. */
function measured(defence: string, rows: readonly Float32Array[], pixels: number): Passing {
  const images = rows.flatMap((row) => Array.from({ length: row.length / 3 }, (_, i, n = row.length / 3) =>
    [row[i]!, row[n + i]!, row[2 * n + i]!] as const));
  const shares = images.filter(([, , size]) => size > 0).map(([, along, size]) => along / size);
  const psnr = mean(images.map(([error]) => -10 * Math.log10(error / pixels)));
  return { defence, psnr: Number.isFinite(psnr) ? psnr : null, share: shares.length ? mean(shares) : null };
}

/** Runs the attack on every batch and asks every defence what it leaves of the perturbation. */
export async function passing(gpu: Engine, defences: readonly Purifier[], attack: Attack, set: Batches,
  { progress = silent, signal }: { progress?: Begin; signal?: AbortSignal } = {}): Promise<Passing[]> {
  const captures = defences.map((defence) => gpu.capture((x: Tensor, d: Tensor) => products(defence, x, d)));
  const found = defences.map((): Float32Array[] => []);
  const bar = progress("what passes", countOf(set));
  try {
    for (let i = 0; i < countOf(set); i++) {
      signal?.throwIfAborted();
      const [x, y] = [imagesOf(gpu, set, i), labelsOf(gpu, set, i)];
      const d = gpu.scope(() => sub(attack(x, y), x));
      for (const [k, capture] of captures.entries()) found[k]!.push(await capture(x, d).data());
      [x, y, d].forEach((t) => t.dispose());
      bar.tick(1);
    }
    bar.done();
  } finally {
    bar.stop();
    captures.forEach((capture) => capture.dispose());
  }
  const pixels = set.shape[0] * set.shape[1] * set.shape[2];
  return defences.map(({ name }, k) => measured(name, found[k]!, pixels));
}
