// The gradient of a convolution with respect to weights and bias, by shaders/conv2d_dw*.wgsl: sums over parts of the
// outputs, then the parts in their order, so that the result never depends on who came first.

import inputSource from "../../../shaders/conv/conv2d_dw_input.wgsl";
import pixels from "../../../shaders/conv/conv2d_pixels.wgsl";
import plainSource from "../../../shaders/conv/conv2d_dw.wgsl";
import reduceSource from "../../../shaders/conv/conv2d_dw_reduce.wgsl";
import subgroupSource from "../../../shaders/conv/conv2d_dw_subgroup.wgsl";
import tiledSource from "../../../shaders/conv/conv2d_dw_tiled.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel, type Constants, type Kernel } from "../../engine/run/shader.ts";
import type { Runtime, Tensor, Variant } from "../../engine/tensor.ts";
import { convKey, type ConvSizes } from "./conv.ts";
import { broadcasts, byFamily, heldOf, onHardware, subgroupRows, threadRows } from "../matmul/families.ts";
import { reduceAxes } from "../reduce/reduceAxes.ts";
import { denseWeightGradient, withDense } from "./dense.ts";
import { winogradWeightGradient, withWinograd } from "./winograd.ts";

const plain = kernel("shaders/conv/conv2d_dw.wgsl", plainSource, { parts: [inputSource, pixels] });
const subgroup = kernel("shaders/conv/conv2d_dw_subgroup.wgsl", subgroupSource, { parts: [inputSource, pixels] });
const tiled = kernel("shaders/conv/conv2d_dw_tiled.wgsl", tiledSource, { parts: [inputSource, pixels] });
const reduce = kernel("shaders/conv/conv2d_dw_reduce.wgsl", reduceSource);

/**
 * Constants of conv2d_dw_input.wgsl and the number of column blocks. `byRow`: the kernel can reuse the inputs of a
 * kernel row.
 */
function layoutOf(s: ConvSizes, byRow: boolean) {
  const Cg = s.C / s.groups;
  const ROW_TAPS = byRow && s.DW === 1 && s.SW <= 2 && s.KW >= 2 && s.KW <= 4;
  const WIDE = s.OW % 4 === 0;
  return {
    blocks: ROW_TAPS ? Cg * s.KH : Math.ceil((Cg * s.KH * s.KW) / 4),
    constants: { ROW_TAPS, STRIDE: ROW_TAPS ? s.SW : 1, TAPS: ROW_TAPS ? s.KW : 4, POINTWISE: s.KH * s.KW === 1, WIDE,
      E: WIDE ? "vec4<f32>" : "f32" },
  };
}

/** Segments of a part: enough parts to occupy the adapter, none shorter than 16 segments. */
function partSegments(gpu: Runtime, segments: number, workgroups: number): number {
  const wanted = onHardware(gpu) ? 1024 : 32;
  const parts = Math.min(Math.ceil(segments / 16), Math.ceil(wanted / workgroups));
  return Math.max(1, Math.ceil(segments / Math.max(1, parts)));
}

/** A kernel that sums: its constants, and the column blocks and channels that a workgroup makes. */
interface Way {
  name: string;
  kernel: Kernel;
  constants: Constants;
  blocks: number;
  channels: number;
  /** Whether it reuses the inputs of a kernel row. */
  byRow: boolean;
  runs(gpu: Runtime): boolean;
}

/** [parts, weights + O] */
function partialSums(s: ConvSizes, x: Tensor, dy: Tensor, way: Way): Tensor {
  const { blocks, constants } = layoutOf(s, way.byRow);
  const [Cg, Og] = [s.C / s.groups, s.O / s.groups];
  const [gx, gy] = [Math.ceil(blocks / way.blocks), Math.ceil(Og / way.channels) * s.groups];
  const segments = s.N * s.OH * Math.ceil(s.OW / 4);
  const part_segments = partSegments(x.gpu, segments, gx * gy);
  const parts = Math.max(1, Math.ceil(segments / part_segments));
  const partial = x.gpu.empty([parts, s.O * Cg * s.KH * s.KW + s.O]);
  const { groups: _, PH: top, PW: left, ...sizes } = s;
  x.gpu.run(way.kernel, { x, dy, partial }, { ...sizes, top, left, Cg, Og, part_segments }, [gx, gy, parts], {
    ...way.constants,
    ...constants,
  });
  return partial;
}

/** The ways to sum, the preferred one first. */
function ways(gpu: Runtime, s: ConvSizes): Way[] {
  const S = gpu.subgroupSize;
  const channels = s.O / s.groups;
  const QUADS = S <= 4 && layoutOf(s, true).blocks >= 8 ? 2 : 1;
  const [TM, TY] = [subgroupRows(channels), threadRows(channels)];
  return byFamily<Way>(gpu, {
    subgroup: [{ name: "subgroup", kernel: subgroup, constants: { S, TM, QUADS }, blocks: S * QUADS, channels: TM,
      byRow: true, runs: broadcasts }],
    tiled: [{ name: "tiled", kernel: tiled, constants: { TY, Held: heldOf(gpu) }, blocks: 16, channels: 4 * TY,
      byRow: false, runs: () => true }],
    plain: { name: "plain", kernel: plain, constants: {}, blocks: 16, channels: 16, byRow: true, runs: () => true },
  });
}

/** dw, and db into `db` where it is given. */
function direct(s: ConvSizes, x: Tensor, dy: Tensor, db: Tensor | null, way: Way): Tensor {
  const { gpu } = x;
  const partial = partialSums(s, x, dy, way);
  const dw = gpu.empty([s.O, s.C / s.groups, s.KH, s.KW]);
  const params = { weights: dw.size, O: s.O, parts: partial.shape[0]!, has_bias: Number(!!db) };
  const LANES = params.parts > 64 ? 16 : 1;
  gpu.run(reduce, { partial, dw, db: db ?? gpu.empty([1]) }, params, linearGrid((dw.size + s.O) * LANES), { LANES });
  return dw;
}

/** dw [O,C/groups,KH,KW] and, if asked for, db [O] of the convolution `s` of x for dy. */
export function convWeightGradient(s: ConvSizes, x: Tensor, dy: Tensor,
  needsBias: boolean): { dw: Tensor; db: Tensor | null; } {
  const { gpu } = x;
  if (s.N * s.OH * s.OW === 0)
    return { dw: gpu.zeros([s.O, s.C / s.groups, s.KH, s.KW]), db: needsBias ? gpu.zeros([s.O]) : null };
  const db = needsBias ? gpu.empty([s.O]) : null;
  let summed = false;
  const withBias = (way: Way) => () => {
    summed = true;
    return direct(s, x, dy, db, way);
  };
  const variants = ways(gpu, s).map((way): Variant => ({ ...way, launch: withBias(way) }));
  const all = withWinograd(gpu, s, variants, () => winogradWeightGradient(s, x, dy));
  const dw = gpu.tuner.launch("conv2d dw", convKey(s), withDense(gpu, s, all, () => denseWeightGradient(s, x, dy)));
  if (!db || summed) return { dw, db };
  db.dispose();
  return { dw, db: reduceAxes(dy, [0, 2, 3], 1).view([s.O]) };
}
