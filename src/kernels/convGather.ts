// The forward pass of a convolution and its gradient with respect to the input, both by shaders/conv2d*.wgsl: the sum
// that gathers, for each output, the inputs under its taps. The input gradient is one such sum for every phase of the
// stride, with the taps that hit that phase, in reverse.

import inputSource from "../../shaders/conv2d_input.wgsl";
import packSource from "../../shaders/conv2d_pack.wgsl";
import plainSource from "../../shaders/conv2d.wgsl";
import subgroupSource from "../../shaders/conv2d_subgroup.wgsl";
import tiledSource from "../../shaders/conv2d_tiled.wgsl";
import { linearGrid, type Engine } from "../engine/engine.ts";
import { kernel } from "../engine/shader.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { Variant } from "../engine/tuner.ts";
import { convKey, type ConvSizes } from "./conv.ts";
import { broadcasts, byFamily, subgroupRows, threadRows } from "./families.ts";

const pack = kernel("shaders/conv2d_pack.wgsl", packSource);
const plain = kernel("shaders/conv2d.wgsl", plainSource, { parts: [inputSource] });
const subgroup = kernel("shaders/conv2d_subgroup.wgsl", subgroupSource, { parts: [inputSource] });
const tiled = kernel("shaders/conv2d_tiled.wgsl", tiledSource, { parts: [inputSource] });

/** One dispatch, in the words of conv2d_input.wgsl, with the strides that conv2d_pack.wgsl reads w by. */
interface Gather {
  sizes: Record<"N" | "C" | "H" | "W" | "R" | "YH" | "YW" | "OH" | "OW" | "OSH" | "OSW" | "ph" | "pw" | "SH" | "SW" | "DH" | "DW" | "top" | "left" | "KH" | "KW" | "Cg" | "Rg", number>;
  pack: Record<"g_stride" | "r_stride" | "c_stride" | "w_row" | "i0" | "i_step" | "j0" | "j_step", number>;
}

interface Epilogue {
  bias?: Tensor;
  relu?: boolean;
}

function forwardGather(s: ConvSizes): Gather {
  const [Cg, Rg, area] = [s.C / s.groups, s.O / s.groups, s.KH * s.KW];
  return {
    sizes: {
      N: s.N, C: s.C, H: s.H, W: s.W, R: s.O, YH: s.OH, YW: s.OW, OH: s.OH, OW: s.OW, OSH: 1, OSW: 1, ph: 0, pw: 0,
      SH: s.SH, SW: s.SW, DH: s.DH, DW: s.DW, top: s.PH, left: s.PW, KH: s.KH, KW: s.KW, Cg, Rg,
    },
    pack: { g_stride: Rg * Cg * area, r_stride: Cg * area, c_stride: area, w_row: s.KW, i0: 0, i_step: 1, j0: 0, j_step: 1 },
  };
}

/** The inputs h = at, at + stride, ... along one dimension: `count` of them, and the taps that reach them. */
interface Phase {
  at: number;
  count: number;
  taps: number;
  /** The last tap, which the gather reads first, and the step to the next one. */
  first: number;
  step: number;
  /** Outputs by which the gather begins before the phase's first, and between its taps. */
  before: number;
  dilation: number;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** dx[h] sums dy[o] over the taps i with o stride + i dilation - padding = h: those with h + padding = i dilation mod stride. */
function phases(size: number, kernelSize: number, stride: number, padding: number, dilation: number): Phase[] {
  const common = gcd(stride, dilation);
  return Array.from({ length: Math.min(stride, size) }, (_, at) => {
    const hits = Array.from({ length: kernelSize }, (_, i) => i).filter((i) => (at + padding - i * dilation) % stride === 0);
    const first = hits.at(-1) ?? 0;
    const before = hits.length ? -(at + padding - first * dilation) / stride : 0;
    return { at, count: Math.ceil((size - at) / stride), taps: hits.length, first, step: -stride / common, before, dilation: dilation / common };
  });
}

function inputGradientGathers(s: ConvSizes): Gather[] {
  const [Cg, Og, area] = [s.C / s.groups, s.O / s.groups, s.KH * s.KW];
  const columns = phases(s.W, s.KW, s.SW, s.PW, s.DW);
  return phases(s.H, s.KH, s.SH, s.PH, s.DH).flatMap((a) => columns.map((b) => ({
    sizes: {
      N: s.N, C: s.O, H: s.OH, W: s.OW, R: s.C, YH: s.H, YW: s.W, OH: a.count, OW: b.count, OSH: s.SH, OSW: s.SW, ph: a.at, pw: b.at,
      SH: 1, SW: 1, DH: a.dilation, DW: b.dilation, top: a.before, left: b.before, KH: a.taps, KW: b.taps, Cg: Og, Rg: Cg,
    },
    pack: { g_stride: Og * Cg * area, r_stride: area, c_stride: Cg * area, w_row: s.KW, i0: a.first, i_step: a.step, j0: b.first, j_step: b.step },
  })));
}

/** How the summed dimension falls into quads: see conv2d_pack.wgsl. `byRow`: the kernel can reuse the inputs of a kernel row. */
function quadsOf({ KH, KW, SW, DW, Cg }: Gather["sizes"], byRow: boolean): { quads: number; ROW_TAPS: number; STRIDE: number; TAPS: number } {
  const rows = byRow && SW <= 2 && DW === 1;
  if (rows && (KW === 3 || KW === 4)) return { quads: Cg * KH, ROW_TAPS: 4, STRIDE: SW, TAPS: KW };
  if (rows && KW === 2 && SW === 1) return { quads: Cg * Math.ceil(KH / 2), ROW_TAPS: 2, STRIDE: 1, TAPS: 2 };
  return { quads: Math.ceil((Cg * KH * KW) / 4), ROW_TAPS: 0, STRIDE: 1, TAPS: 4 };
}

function packWeights(w: Tensor, g: Gather, quads: number, ROW_TAPS: number): Tensor {
  const { R, Rg, Cg, KH, KW } = g.sizes;
  const wp = w.gpu.empty([R, quads, 4]);
  w.gpu.run(pack, { w, wp }, { rows: R, Rg, Cg, KH, KW, quads, ...g.pack }, linearGrid(wp.size), { ROW_TAPS });
  return wp;
}

/** Segments (of four outputs) and channels that a workgroup of the variant makes. */
function tileOf({ kernel, constants }: Variant): { segments: number; channels: number } {
  const { S = 1, QUADS = 1, TM = 1, TY = 1, ROWS = 1, SEGS = 1 } = constants as Record<string, number>;
  if (kernel === subgroup) return { segments: S * QUADS, channels: TM };
  return kernel === tiled ? { segments: 16 * SEGS, channels: 4 * TY * ROWS } : { segments: 64, channels: 8 };
}

/** y at the outputs of g. */
function gather(x: Tensor, w: Tensor, y: Tensor, g: Gather, { bias, relu = false }: Epilogue, v: Variant): void {
  const { N, OH, OW, R, Rg } = g.sizes;
  const { quads, ...layout } = quadsOf(g.sizes, v.kernel !== tiled);
  const wp = packWeights(w, g, quads, layout.ROW_TAPS);
  const tile = tileOf(v);
  const segments = N * OH * Math.ceil(OW / 4);
  const [gx, gy = 1] = linearGrid(segments, tile.segments);
  const params = { ...g.sizes, quads, has_bias: Number(!!bias), relu: Number(relu) };
  const grid = segments === 0 ? ([0] as const) : ([gx, gy, Math.ceil(Rg / tile.channels) * (R / Rg)] as const);
  x.gpu.run(v.kernel, { x, wp, bias: bias ?? x, y }, params, grid, { ...v.constants, ...layout });
}

function variants(gpu: Engine, channels: number): Variant[] {
  const S = gpu.subgroupSize;
  const TY = threadRows(channels);
  const runs = () => true;
  return byFamily(gpu, {
    subgroup: [{ name: "subgroup", kernel: subgroup, constants: { S, TM: subgroupRows(channels), QUADS: S <= 4 ? 2 : 1 }, runs: broadcasts }],
    tiled: [
      { name: "tiled", kernel: tiled, constants: { TY }, runs },
      { name: "tiled 8x8", kernel: tiled, constants: { TY: TY / 2, ROWS: 2, SEGS: 2 }, runs },
    ],
    plain: { name: "plain", kernel: plain, constants: {}, runs },
  });
}

/** y [N,O,OH,OW] of the convolution `s` of x with w, plus bias [O]. */
export function convForward(s: ConvSizes, x: Tensor, w: Tensor, epilogue: Epilogue = {}): Tensor {
  const gpu = x.gpu;
  return gpu.tuner.launch("conv2d", convKey(s), variants(gpu, s.O / s.groups), (v) => {
    const y = gpu.empty([s.N, s.O, s.OH, s.OW]);
    gather(x, w, y, forwardGather(s), epilogue, v);
    return y;
  });
}

/** dx [N,C,H,W] of the convolution `s` for dy [N,O,OH,OW]; as convTranspose2d's forward pass also with bias [C] and relu. */
export function convInputGradient(s: ConvSizes, dy: Tensor, w: Tensor, epilogue: Epilogue = {}): Tensor {
  const gpu = dy.gpu;
  return gpu.tuner.launch("conv2d dx", convKey(s), variants(gpu, s.C / s.groups), (v) => {
    const dx = gpu.empty([s.N, s.C, s.H, s.W]);
    for (const g of inputGradientGathers(s)) gather(dy, w, dx, g, epilogue, v);
    return dx;
  });
}
