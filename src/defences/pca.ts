import type { Engine } from "../engine/engine.ts";
import { checkWhole, fail } from "../kernels/check.ts";
import { add, clamp, flatten, matmul, permute, reshape, sub } from "../kernels/index.ts";
import { symmetricEigen } from "../model/eigen.ts";
import type { Defence } from "./defence.ts";
import type { Purifier } from "./purifier.ts";

interface Components {
  /** [d] */
  mean: Float64Array;
  /** [k,d], orthonormal rows. */
  axes: Float32Array;
}

/**
 * The first k principal axes of n points [n,d] with d >= n: from the eigenvectors of the n x n products of the centred
 * points (Turk and Pentland, "Eigenfaces for recognition", 1991), in float64.
 */
export function principalAxes(points: Float32Array, d: number, k: number): Components {
  const n = points.length / d;
  if (k >= n || k > d) fail("pca", `components is ${k}, at most ${Math.min(n - 1, d)} can be found from ` +
    `${n} images; ask for fewer`);
  const mean = new Float64Array(d);
  points.forEach((v, i) => (mean[i % d]! += v / n));
  const centred = Float64Array.from(points, (v, i) => v - mean[i % d]!);
  const products = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let c = 0; c < d; c++) sum += centred[i * d + c]! * centred[j * d + c]!;
      products[i * n + j] = products[j * n + i] = sum;
    }
  const { values, vectors } = symmetricEigen(products, n);
  const axes = new Float32Array(k * d);
  for (let a = 0; a < k; a++) {
    const axis = new Float64Array(d);
    vectors[a]!.forEach((weight, i) => {
      for (let c = 0; c < d; c++) axis[c]! += weight * centred[i * d + c]!;
    });
    const length = Math.sqrt(Math.max(values[a]!, Number.MIN_VALUE));
    axes.set(axis.map((v) => v / length), a * d);
  }
  return { mean, axes };
}

/**
 * Images [N,C,H,W] in [0,1] projected onto the first principal components of training images [n,C,H,W]: Bhagoji et al.,
 * "Enhancing robustness of machine learning systems via data transformations", 2018.
 */
export function pca(gpu: Engine, images: Float32Array, { components, pixels }: { components: number; pixels: number }):
  Pick<Purifier, "purify"> {
  checkWhole("pca", "components", components, 1);
  const { mean, axes } = principalAxes(images, pixels, components);
  const centre = gpu.keep(gpu.tensor(Float32Array.from(mean), [1, pixels]));
  const rows = gpu.keep(gpu.tensor(axes, [components, pixels]));
  return { purify: (x) => x.gpu.scope(() => {
    const codes = matmul(sub(flatten(x), centre), permute(rows, [1, 0]));
    return clamp(reshape(add(matmul(codes, rows), centre), x.shape), 0, 1);
  }) };
}

/** Training images that the components are found from. */
const IMAGES = 800;

export const pcaRow: Defence = { name: "pca-350", title: "PCA 350",
  open: ({ gpu, dataset: { shape: [c, h, w] }, trainingImages }) =>
    pca(gpu, trainingImages(IMAGES), { components: 350, pixels: c * h * w }) };
