// 3x3 convolutions with stride 1 by Winograd's F(4x4, 3x3): shaders/winograd*.wgsl transform images and weights, and 36
// matrix products of a quarter of the plain sum's multiplications lie between. Images are taken in chunks, so that the
// transformed ones, 2.25 times as large, stay small. Half precision would lose too much here: the transforms subtract
// what is nearly equal, so the products are of float32.

import sharedSource from "../../../shaders/conv/winograd.wgsl";
import tilesSource from "../../../shaders/conv/winograd_tiles.wgsl";
import weightsSource from "../../../shaders/conv/winograd_weights.wgsl";
import negative from "../../../shaders/pointwise/negative.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel, type Kernel } from "../../engine/run/shader.ts";
import type { Runtime, Tensor, Variant } from "../../engine/tensor.ts";
import type { ConvSizes, Epilogue } from "./conv.ts";
import { onHardware } from "../matmul/families.ts";
import { gemm } from "../matmul/gemm.ts";

const tiles = (entry: string) =>
  kernel("shaders/conv/winograd_tiles.wgsl", tilesSource, { entry, parts: [sharedSource, negative] });
const weights = (entry: string) =>
  kernel("shaders/conv/winograd_weights.wgsl", weightsSource, { entry, parts: [sharedSource] });
const inputTiles = tiles("forward");
const gradientTiles = tiles("backward");
const outputs = tiles("main");
const toProducts = weights("forward");
const fromProducts = weights("backward");

const POINTS = 36;
/** Most bytes of a chunk's transformed images, or columns: a CPU's cache, or enough to fill a GPU. */
export const chunkBytes = (gpu: Runtime): number => (onHardware(gpu) ? 128 << 20 : 4 << 20);
/** With 16 channels the transforms cost more than the products save: 0.7 to 0.9 of the direct kernels' speed. */
const LEAST_CHANNELS = 32;

/** Whether the convolution is one that Winograd's way suits. */
export function suitsWinograd(s: ConvSizes): boolean {
  const plain = s.KH === 3 && s.KW === 3 && s.SH === 1 && s.SW === 1 && s.DH === 1 && s.DW === 1 && s.groups === 1 &&
    s.PH <= 2 && s.PW <= 2;
  return plain && s.C >= LEAST_CHANNELS && s.O >= LEAST_CHANNELS && s.C % 4 === 0 && s.O % 4 === 0 && s.N > 0 &&
    s.C <= 65535 && s.O <= 65535;
}

/**
 * Whether one buffer holds the transformed weights, and one the transformed images of the smallest chunk, one image.
 */
function fits(gpu: Runtime, s: ConvSizes): boolean {
  const tiles = Math.ceil(Math.max(s.H, s.OH) / 4) * Math.ceil(Math.max(s.W, s.OW) / 4);
  return POINTS * 4 * Math.max(s.C * s.O, (tiles + 4) * Math.max(s.C, s.O)) <=
    gpu.device.limits.maxStorageBufferBindingSize;
}

/** On a GPU the direct kernels are ahead below so many channels (H100, 28x28 images: 1.1 times with 32). */
const CHANNELS_ON_GPU = 64;

/** With the variant `launch`, before the others where it is ahead of them. */
export function withWinograd(gpu: Runtime, s: ConvSizes, others: Variant[], launch: () => Tensor): Variant[] {
  if (!suitsWinograd(s)) return others;
  const winograd: Variant = { name: "winograd", kernel: inputTiles, constants: {}, runs: () => fits(gpu, s), launch };
  const ahead = !onHardware(gpu) || Math.min(s.C, s.O) >= CHANNELS_ON_GPU;
  return ahead ? [winograd, ...others] : [...others, winograd];
}

/** Images [N, channels, H, W] and how 4x4 tiles of the outputs lie on them. */
interface Tiling extends Record<"channels" | "H" | "W" | "across" | "down" | "top" | "left", number> {}

/** Some of the images. */
interface Chunk {
  first: number;
  images: number;
  /** Tiles of a channel, rounded up to whole vec4s. */
  tiles: number;
}

function chunksOf(gpu: Runtime, N: number, perImage: number, channels: number): Chunk[] {
  const count = Math.ceil((N * perImage * channels * POINTS * 4) / chunkBytes(gpu));
  const most = Math.ceil(N / count);
  return Array.from({ length: Math.ceil(N / most) }, (_, i) => {
    const images = Math.min(most, N - i * most);
    return { first: i * most, images, tiles: Math.ceil((images * perImage) / 4) * 4 };
  });
}

/** [36, channels, tiles] of the images x of a chunk, by one of the two transforms. */
function transformed(k: Kernel, x: Tensor, t: Tiling, c: Chunk): Tensor {
  const V = x.gpu.empty([POINTS, t.channels, c.tiles]);
  x.gpu.run(k, { x, V }, { ...t, ...c, has_bias: 0, relu: 0 }, [Math.ceil(c.tiles / 32), 1, t.channels]);
  return V;
}

interface Layout extends Record<"rows" | "columns" | "row_stride" | "column_stride" | "flip", number> {}

function products(w: Tensor, layout: Layout): Tensor {
  const U = w.gpu.empty([POINTS, layout.rows, layout.columns]);
  w.gpu.run(toProducts, { w, U }, { ...layout, add: 0 }, linearGrid(layout.rows * layout.columns));
  return U;
}

/**
 * y [N,R,OH,OW]: the convolution of x [N,C,H,W] with the weights U [36,R,C]; the first output's window begins at (-top,
 * -left).
 */
function convolve(x: Tensor, U: Tensor, y: Tensor, top: number, left: number, { bias, relu = false }: Epilogue): void {
  const [N, C, H, W] = x.shape as [number, number, number, number];
  const [, R, OH, OW] = y.shape as [number, number, number, number];
  const tiling = { across: Math.ceil(OW / 4), down: Math.ceil(OH / 4), top, left };
  for (const c of chunksOf(x.gpu, N, tiling.across * tiling.down, Math.max(C, R))) {
    const V = transformed(inputTiles, x, { ...tiling, channels: C, H, W }, c);
    const M = gemm(U, V, { b: POINTS, M: R, N: c.tiles, K: C, transA: false, transB: false, batchA: R * C,
      batchB: C * c.tiles, whole: true });
    const params = { ...tiling, ...c, channels: R, H: OH, W: OW, has_bias: Number(!!bias), relu: Number(relu) };
    x.gpu.run(outputs, { M, bias: bias ?? U, y }, params, [Math.ceil(c.tiles / 32), 1, R]);
  }
}

/** y [N,O,OH,OW] of the convolution `s`. */
export function winogradForward(s: ConvSizes, x: Tensor, w: Tensor, y: Tensor, epilogue: Epilogue): void {
  convolve(x, products(w, { rows: s.O, columns: s.C, row_stride: 9 * s.C, column_stride: 9, flip: 0 }), y, s.PH, s.PW,
    epilogue);
}

/** dx [N,C,H,W]: the convolution of dy with the weights turned round. */
export function winogradInputGradient(s: ConvSizes, dy: Tensor, w: Tensor, dx: Tensor, epilogue: Epilogue): void {
  convolve(dy, products(w, { rows: s.C, columns: s.O, row_stride: 9, column_stride: 9 * s.C, flip: 1 }), dx, 2 - s.PH,
    2 - s.PW, epilogue);
}

/** dw [O,C,3,3]: products of the transformed dy and x, summed over the tiles. */
export function winogradWeightGradient(s: ConvSizes, x: Tensor, dy: Tensor): Tensor {
  const dw = x.gpu.empty([s.O, s.C, 3, 3]);
  const grid = { across: Math.ceil(s.OW / 4), down: Math.ceil(s.OH / 4) };
  for (const c of chunksOf(x.gpu, s.N, grid.across * grid.down, Math.max(s.C, s.O))) {
    const V = transformed(inputTiles, x, { ...grid, channels: s.C, H: s.H, W: s.W, top: s.PH, left: s.PW }, c);
    const D = transformed(gradientTiles, dy, { ...grid, channels: s.O, H: s.OH, W: s.OW, top: 0, left: 0 }, c);
    const dU = gemm(D, V, { b: POINTS, M: s.O, N: s.C, K: c.tiles, transA: false, transB: true, batchA: s.O * c.tiles,
      batchB: s.C * c.tiles, whole: true });
    const layout = { rows: s.O, columns: s.C, row_stride: 9 * s.C, column_stride: 9, flip: 0,
      add: Number(c.first > 0) };
    x.gpu.run(fromProducts, { dU, dw }, layout, linearGrid(s.O * s.C));
  }
  return dw;
}
