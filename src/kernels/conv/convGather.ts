// The forward pass of a convolution and its gradient with respect to the input, both by shaders/conv2d*.wgsl: the sum
// that gathers, for each output, the inputs under its taps. The input gradient is one such sum for every phase of the
// stride, with the taps that hit that phase, in reverse.

import inputSource from "../../../shaders/conv/conv2d_input.wgsl";
import pixels from "../../../shaders/conv/conv2d_pixels.wgsl";
import packSource from "../../../shaders/conv/conv2d_pack.wgsl";
import matrixSource from "../../../shaders/conv/conv2d_matrix.wgsl";
import plainSource from "../../../shaders/conv/conv2d.wgsl";
import subgroupSource from "../../../shaders/conv/conv2d_subgroup.wgsl";
import tiledSource from "../../../shaders/conv/conv2d_tiled.wgsl";
import negative from "../../../shaders/pointwise/negative.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel, type Constants, type Kernel } from "../../engine/run/shader.ts";
import type { Runtime, Tensor, Variant } from "../../engine/tensor.ts";
import { convKey, type ConvSizes, type Epilogue } from "./conv.ts";
import { columnsForward, columnsInputGradient, withColumns } from "./columns.ts";
import { denseForward, denseInputGradient, withDense } from "./dense.ts";
import { FOLD, foldedPhases, forwardDimension, phases, type Dimension } from "./windows.ts";
import { broadcasts, byFamily, heldOf, subgroupRows, threadRows } from "../matmul/families.ts";
import { unitsKernel, unitsForConv } from "../matmul/units.ts";
import { winogradForward, winogradInputGradient, withWinograd } from "./winograd.ts";

const pack = kernel("shaders/conv/conv2d_pack.wgsl", packSource);
const parts = [inputSource, pixels, negative];
const plain = kernel("shaders/conv/conv2d.wgsl", plainSource, { parts });
const subgroup = kernel("shaders/conv/conv2d_subgroup.wgsl", subgroupSource, { parts });
const tiled = kernel("shaders/conv/conv2d_tiled.wgsl", tiledSource, { parts });
const units = unitsKernel([matrixSource, ...parts]);

/** One dispatch, in the words of conv2d_input.wgsl, with the strides and steps that conv2d_pack.wgsl reads w by. */
interface Gather {
  sizes: Record<
    "N" | "C" | "H" | "W" | "R" | "YH" | "YW" | "OH" | "OW" | "OSH" | "OSW" | "ph" | "pw" | "SH" | "SW" | "DH" | "DW"
      | "top" | "left" | "KH" | "KW" | "Cg" | "Rg",
    number
  >;
  strides: Record<"g_stride" | "r_stride" | "c_stride", number>;
  rows: Dimension;
  columns: Dimension;
}

type Ends = Pick<Gather["sizes"], "N" | "C" | "H" | "W" | "R" | "YH" | "YW" | "Cg" | "Rg">;

/** `ends`: sizes of the tensors, with the output channels still unfolded. */
function gatherOf(ends: Ends, strides: Gather["strides"], rows: Dimension, columns: Dimension): Gather {
  const fold = rows.fold * columns.fold;
  return {
    sizes: {
      ...ends,
      R: ends.R * fold,
      Rg: ends.Rg * fold,
      OH: rows.count,
      OW: columns.count,
      OSH: rows.step,
      OSW: columns.step,
      ph: rows.at,
      pw: columns.at,
      SH: rows.stride,
      SW: columns.stride,
      DH: rows.dilation,
      DW: columns.dilation,
      top: rows.before,
      left: columns.before,
      KH: rows.taps,
      KW: columns.taps,
    },
    strides, rows, columns,
  };
}

function forwardGather(s: ConvSizes): Gather {
  const [Cg, Rg, area] = [s.C / s.groups, s.O / s.groups, s.KH * s.KW];
  const fold = Rg === 1 && s.DH === 1 ? FOLD : 1;
  return gatherOf(
    { N: s.N, C: s.C, H: s.H, W: s.W, R: s.O, YH: s.OH, YW: s.OW, Cg, Rg },
    { g_stride: Rg * Cg * area, r_stride: Cg * area, c_stride: area },
    forwardDimension(s.OH, s.KH, s.SH, s.PH, s.DH, fold),
    forwardDimension(s.OW, s.KW, s.SW, s.PW, s.DW, 1),
  );
}

function inputGradientGathers(s: ConvSizes): Gather[] {
  const [Cg, Og, area] = [s.C / s.groups, s.O / s.groups, s.KH * s.KW];
  const ends = { N: s.N, C: s.O, H: s.OH, W: s.OW, R: s.C, YH: s.H, YW: s.W, Cg: Og, Rg: Cg };
  const strides = { g_stride: Og * Cg * area, r_stride: area, c_stride: Cg * area };
  const folds = Cg === 1 && s.DH === 1 && s.DW === 1 && s.SH === s.SW && s.SH <= 2;
  const rows = folds ? [foldedPhases(s.H, s.KH, s.SH, s.PH, FOLD / s.SW)] : phases(s.H, s.KH, s.SH, s.PH, s.DH);
  const columns = folds ? [foldedPhases(s.W, s.KW, s.SW, s.PW, s.SW)] : phases(s.W, s.KW, s.SW, s.PW, s.DW);
  return rows.flatMap((r) => columns.map((c) => gatherOf(ends, strides, r, c)));
}

/**
 * How the summed dimension falls into quads: see conv2d_pack.wgsl. `byRow`: the kernel can reuse the inputs of a kernel
 * row.
 */
function quadsOf({ KH, KW, SW, DW, Cg }: Gather["sizes"],
  byRow: boolean): { quads: number; ROW_TAPS: number; STRIDE: number; TAPS: number; } {
  if (byRow && SW <= 2 && DW === 1 && KW >= 1 && KW <= 4) {
    const ROW_TAPS = KW === 3 ? 4 : KW;
    return { quads: Math.ceil((Cg * KH * ROW_TAPS) / 4), ROW_TAPS, STRIDE: SW, TAPS: KW };
  }
  return { quads: Math.ceil((Cg * KH * KW) / 4), ROW_TAPS: 0, STRIDE: 1, TAPS: 4 };
}

function packWeights(w: Tensor, { sizes: { R, Rg, Cg, KH, KW }, strides, rows, columns }: Gather, quads: number,
  ROW_TAPS: number): Tensor {
  const wp = w.gpu.empty([R, quads, 4]);
  const [w_rows, w_cols] = w.shape.slice(2) as [number, number];
  const taps = {
    w_rows,
    w_cols,
    fold_h: rows.fold,
    fold_w: columns.fold,
    i0: rows.first,
    i_step: rows.tapStep,
    i_fold: rows.tapFold,
    j0: columns.first,
    j_step: columns.tapStep,
    j_fold: columns.tapFold,
  };
  w.gpu.run(pack, { w, wp }, { rows: R, channels: Rg / (rows.fold * columns.fold), Cg, KH, KW, quads, ...strides,
    ...taps }, linearGrid(wp.size), { ROW_TAPS });
  return wp;
}

/** A kernel that gathers: its constants, and the segments (of four outputs) and channels that a workgroup makes. */
interface Way {
  name: string;
  kernel: Kernel;
  constants: Constants;
  segments: number;
  channels: number;
  /** Whether it reuses the inputs of a kernel row. */
  byRow: boolean;
  /** Whether the taps are constants. */
  byTaps?: boolean;
  runs(gpu: Runtime): boolean;
}

/** y at the outputs of g. */
function gather(x: Tensor, w: Tensor, y: Tensor, g: Gather, { bias, relu = false }: Epilogue, way: Way): void {
  const { N, OH, OW, R, Rg, KH, KW } = g.sizes;
  const { quads, ...layout } = quadsOf(g.sizes, way.byRow);
  const wp = packWeights(w, g, quads, layout.ROW_TAPS);
  const segments = N * OH * Math.ceil(OW / 4);
  const [gx, gy = 1] = linearGrid(segments, way.segments);
  const params = { ...g.sizes, quads, has_bias: Number(!!bias), relu: Number(relu) };
  const grid = segments === 0 ? ([0] as const) : ([gx, gy, Math.ceil(Rg / way.channels) * (R / Rg)] as const);
  const taps: Constants = way.byTaps ? { TAPS_H: Math.max(1, KH), TAPS_W: Math.max(1, KW) } : {};
  const constants = { ...way.constants, ...layout, ...taps, FOLD_H: g.rows.fold, FOLD_W: g.columns.fold };
  x.gpu.run(way.kernel, { x, wp, bias: bias ?? x, y }, params, grid, constants);
}

/** The ways to gather for `channels` output channels a group, sums of `terms` products; the preferred one first. */
function ways(gpu: Runtime, channels: number, terms: number): Way[] {
  const S = gpu.subgroupSize;
  const TY = threadRows(channels);
  const QUADS = S <= 4 ? 2 : 1;
  const TM = subgroupRows(channels);
  const tiles = (name: string, rows: number, ROWS: number, SEGS: number): Way => ({
    name,
    kernel: tiled,
    constants: { TY: rows, ROWS, SEGS, Held: heldOf(gpu) },
    segments: 16 * SEGS,
    channels: 4 * rows * ROWS,
    byRow: false,
    runs: () => true,
  });
  const matrix = unitsForConv(gpu, channels, terms).map(({ name, constants, rows, columns }): Way => ({
    name, kernel: units, constants, segments: columns / 4, channels: rows, byRow: false, byTaps: true, runs: () => true,
  }));
  return byFamily<Way>(gpu, {
    matrix,
    subgroup: [{ name: "subgroup", kernel: subgroup, constants: { S, TM, QUADS }, segments: S * QUADS, channels: TM,
      byRow: true, runs: broadcasts }],
    tiled: [tiles("tiled", TY, 1, 1), tiles("tiled 8x8", TY / 2, 2, 2)],
    plain: { name: "plain", kernel: plain, constants: {}, segments: 64, channels: 8, byRow: true, runs: () => true },
  });
}

/** More groups than a grid holds are refused by the op's name. */
function checkGroups(op: string, s: ConvSizes, channels: number): void {
  const tiles = s.groups * Math.ceil(channels / 4);
  if (tiles > 65535) throw new Error(`${op}: ${s.groups} groups of ${channels} channels; at most 65535 groups of ` +
    `four are due`);
}

/** y [N,O,OH,OW] of the convolution `s` of x with w, plus bias [O]. */
export function convForward(s: ConvSizes, x: Tensor, w: Tensor, epilogue: Epilogue = {}): Tensor {
  const { gpu } = x;
  checkGroups("conv2d", s, s.O / s.groups);
  const into = (write: (y: Tensor) => void) => () => {
    const y = gpu.empty([s.N, s.O, s.OH, s.OW]);
    write(y);
    return y;
  };
  const direct = ways(gpu, s.O / s.groups, (s.C / s.groups) * s.KH * s.KW).map((way): Variant => ({ ...way,
    launch: into((y) => gather(x, w, y, forwardGather(s), epilogue, way)) })
  );
  const columns = withColumns(gpu, s, direct, into((y) => columnsForward(s, x, w, y, epilogue)));
  const variants = withWinograd(gpu, s, columns, into((y) => winogradForward(s, x, w, y, epilogue)));
  return gpu.tuner.launch("conv2d", convKey(s), withDense(gpu, s, variants, () => denseForward(s, x, w, epilogue)));
}

/**
 * dx [N,C,H,W] of the convolution `s` for dy [N,O,OH,OW]; as convTranspose2d's forward pass also with bias [C] and
 * relu.
 */
export function convInputGradient(s: ConvSizes, dy: Tensor, w: Tensor, epilogue: Epilogue = {}): Tensor {
  const { gpu } = dy;
  checkGroups("conv2d", s, s.C / s.groups);
  const into = (write: (dx: Tensor) => void) => () => {
    const dx = gpu.empty([s.N, s.C, s.H, s.W]);
    write(dx);
    return dx;
  };
  const direct = ways(gpu, s.C / s.groups, (s.O / s.groups) * s.KH * s.KW).map((way): Variant => ({
    ...way, launch: into((dx) => inputGradientGathers(s).forEach((g) => gather(dy, w, dx, g, epilogue, way))),
  }));
  const columns = withColumns(gpu, s, direct, into((dx) => columnsInputGradient(s, dy, w, dx, epilogue)));
  const variants = withWinograd(gpu, s, columns, into((dx) => winogradInputGradient(s, dy, w, dx, epilogue)));
  return gpu.tuner.launch("conv2d dx", convKey(s),
    withDense(gpu, s, variants, () => denseInputGradient(s, dy, w, epilogue)));
}
