// Convolutions as one matrix product over many images (im2col, col2im): shaders/conv/conv2d_columns.wgsl makes columns
// of the images, or images of the columns. Three dispatches, where an input gradient takes two for each phase of the
// stride, and the product's tiles and its split of a long sum keep a GPU full where images are small.

import source from "../../../shaders/conv/conv2d_columns.wgsl";
import negative from "../../../shaders/pointwise/negative.wgsl";
import { linearGrid, type Grid } from "../../engine/run/grid.ts";
import { kernel, type Kernel } from "../../engine/run/shader.ts";
import type { Runtime, Tensor, Variant } from "../../engine/tensor.ts";
import type { ConvSizes, Epilogue } from "./conv.ts";
import { FILL, MOST, onHardware, roundUp, whole } from "../matmul/families.ts";
import { gemm } from "../matmul/gemm.ts";
import { chunkBytes } from "./winograd.ts";

const step = (entry: string) => kernel("shaders/conv/conv2d_columns.wgsl", source, { entry, parts: [negative] });
const gather = step("gather");
const main = step("main");
const spread = step("spread");
const collect = step("collect");


const tapsOf = (s: ConvSizes): number => s.C * s.KH * s.KW;
const areaOf = (s: ConvSizes): number => s.OH * s.OW;

/** Whether both products have whole vec4s, which the fast kernels need, and the grids hold them. */
const suitsColumns = (s: ConvSizes): boolean =>
  s.groups === 1 && s.N * areaOf(s) > 0 && whole(tapsOf(s)) && whole(s.O) && Math.max(tapsOf(s), s.O) <= MOST;

/** Bytes of the columns, or the rows, of some pixels of the result. */
const bytesOf = (s: ConvSizes, pixels: number): number => 4 * Math.max(tapsOf(s), s.O) * roundUp(pixels, 4);

/** Workgroups of conv2d_tiled.wgsl: 64 channels, 16 x 4 pixels each. */
const tilesOf = (s: ConvSizes): number => (s.N * s.OH * Math.ceil(s.OW / 4) * Math.ceil(s.O / 64)) / 16;

/**
 * Whether the direct kernels leave a GPU half empty and the sum is long enough to be split. On an H200, ms, direct and
 * this: 256-512 8x8 k3 s2 b32 1.09, 0.47, its input gradient 2.15, 0.52; 64-128 32x32 k3 s2 b128 1.28, 1.73.
 */
const splits = (s: ConvSizes): boolean => tilesOf(s) < FILL && tapsOf(s) >= 2 * FILL;

/** With the variant `launch`, before the others where it is ahead of them. */
export function withColumns(gpu: Runtime, s: ConvSizes, others: Variant[], launch: () => Tensor): Variant[] {
  if (!suitsColumns(s)) return others;
  const fits = () => bytesOf(s, areaOf(s)) <= gpu.device.limits.maxStorageBufferBindingSize;
  const columns: Variant = { name: "columns", kernel: gather, constants: {}, runs: fits, launch };
  return onHardware(gpu) && splits(s) ? [columns, ...others] : [...others, columns];
}

/** Some of the images, and the columns that they make. */
interface Chunk {
  first: number;
  images: number;
  M: number;
}

function chunksOf(gpu: Runtime, s: ConvSizes): Chunk[] {
  const count = Math.min(s.N, Math.ceil(bytesOf(s, s.N * areaOf(s)) / chunkBytes(gpu)));
  const most = Math.ceil(s.N / count);
  return Array.from({ length: Math.ceil(s.N / most) }, (_, i) => {
    const images = Math.min(most, s.N - i * most);
    return { first: i * most, images, M: roundUp(images * areaOf(s), 4) };
  });
}

const paramsOf = ({ N: _, groups: __, ...sizes }: ConvSizes, c: Chunk) => ({ ...sizes, ...c, has_bias: 0, relu: 0 });

/** One thread for each of `pixels`, in each of `rows`. */
function gridOf(pixels: number, rows: number): Grid {
  const [gx, gy = 1] = linearGrid(pixels);
  return [gx, gy, rows];
}

/** [rows, M] of the images x: their columns by `gather`, their channels side by side by `spread`. */
function matrix(k: Kernel, x: Tensor, s: ConvSizes, c: Chunk, rows: number): Tensor {
  const columns = x.gpu.empty([rows, c.M]);
  x.gpu.run(k, { x, columns }, paramsOf(s, c), gridOf(c.M, rows));
  return columns;
}

/** Writes the images of a chunk, `channels` of `area` pixels each, from a product. */
function images(k: Kernel, rows: Tensor, y: Tensor, s: ConvSizes, c: Chunk, { bias, relu = false }: Epilogue): void {
  const [, channels, height, width] = y.shape as [number, number, number, number];
  const params = { ...paramsOf(s, c), has_bias: Number(!!bias), relu: Number(relu) };
  y.gpu.run(k, { rows, bias: bias ?? rows, y }, params, gridOf(c.images * height * width, channels));
}

/** y [N,O,OH,OW] of the convolution `s`. */
export function columnsForward(s: ConvSizes, x: Tensor, w: Tensor, y: Tensor, epilogue: Epilogue): void {
  const K = tapsOf(s);
  for (const c of chunksOf(x.gpu, s)) {
    const columns = matrix(gather, x, s, c, K);
    const product = gemm(w, columns, { b: 1, M: s.O, N: c.M, K, transA: false, transB: false, batchA: 0, batchB: 0 });
    images(main, product, y, s, c, epilogue);
  }
}

/** dx [N,C,H,W]. */
export function columnsInputGradient(s: ConvSizes, dy: Tensor, w: Tensor, dx: Tensor, epilogue: Epilogue): void {
  const K = tapsOf(s);
  for (const c of chunksOf(dy.gpu, s)) {
    const rows = matrix(spread, dy, s, c, s.O);
    const columns = gemm(w, rows, { b: 1, M: K, N: c.M, K: s.O, transA: true, transB: false, batchA: 0, batchB: 0 });
    images(collect, columns, dx, s, c, epilogue);
  }
}
