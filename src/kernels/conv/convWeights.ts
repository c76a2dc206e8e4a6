// The gradient of a convolution with respect to weights and bias, by shaders/conv2d_dw*.wgsl: sums over parts of the
// outputs, then the parts in their order, so that the result never depends on who came first.

import inputSource from "../../../shaders/conv/conv2d_dw_input.wgsl";
import plainSource from "../../../shaders/conv/conv2d_dw.wgsl";
import reduceSource from "../../../shaders/conv/conv2d_dw_reduce.wgsl";
import subgroupSource from "../../../shaders/conv/conv2d_dw_subgroup.wgsl";
import tiledSource from "../../../shaders/conv/conv2d_dw_tiled.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import type { Runtime as Engine } from "../../engine/tensor.ts";
import { kernel } from "../../engine/run/shader.ts";
import type { Tensor } from "../../engine/tensor.ts";
import type { Variant } from "../../engine/tuner.ts";
import { convKey, type ConvSizes } from "./conv.ts";
import { broadcasts, byFamily, onHardware, subgroupRows, threadRows } from "../matmul/families.ts";
import { reduceAxes } from "../reduce/reduceAxes.ts";
import { winogradWeightGradient, withWinograd } from "./winograd.ts";

const plain = kernel("shaders/conv/conv2d_dw.wgsl", plainSource, { parts: [inputSource] });
const subgroup = kernel("shaders/conv/conv2d_dw_subgroup.wgsl", subgroupSource, { parts: [inputSource] });
const tiled = kernel("shaders/conv/conv2d_dw_tiled.wgsl", tiledSource, { parts: [inputSource] });
const reduce = kernel("shaders/conv/conv2d_dw_reduce.wgsl", reduceSource);

/** Constants of conv2d_dw_input.wgsl and the number of column blocks. `byRow`: the kernel can reuse the inputs of a kernel row. */
function layoutOf(s: ConvSizes, byRow: boolean) {
  const Cg = s.C / s.groups;
  const ROW_TAPS = byRow && s.DW === 1 && s.SW <= 2 && s.KW >= 2 && s.KW <= 4;
  const WIDE = s.OW % 4 === 0;
  return {
    blocks: ROW_TAPS ? Cg * s.KH : Math.ceil((Cg * s.KH * s.KW) / 4),
    constants: { ROW_TAPS, STRIDE: ROW_TAPS ? s.SW : 1, TAPS: ROW_TAPS ? s.KW : 4, POINTWISE: s.KH * s.KW === 1, WIDE, E: WIDE ? "vec4<f32>" : "f32" },
  };
}

/** Segments of a part: enough parts to occupy the adapter, none shorter than 16 segments. */
function partSegments(gpu: Engine, segments: number, workgroups: number): number {
  const wanted = onHardware(gpu) ? 1024 : 32;
  const parts = Math.min(Math.ceil(segments / 16), Math.ceil(wanted / workgroups));
  return Math.max(1, Math.ceil(segments / Math.max(1, parts)));
}

/** Column blocks and channels that a workgroup of the variant makes. */
function tileOf({ kernel, constants }: Variant): { blocks: number; channels: number } {
  const { S = 1, QUADS = 1, TM = 1, TY = 1 } = constants as Record<string, number>;
  if (kernel === subgroup) return { blocks: S * QUADS, channels: TM };
  return { blocks: 16, channels: kernel === tiled ? 4 * TY : 16 };
}

/** [parts, weights + O] */
function partialSums(s: ConvSizes, x: Tensor, dy: Tensor, v: Variant): Tensor {
  const { blocks, constants } = layoutOf(s, v.kernel !== tiled);
  const [Cg, Og] = [s.C / s.groups, s.O / s.groups];
  const tile = tileOf(v);
  const [gx, gy] = [Math.ceil(blocks / tile.blocks), Math.ceil(Og / tile.channels) * s.groups];
  const segments = s.N * s.OH * Math.ceil(s.OW / 4);
  const part_segments = partSegments(x.gpu, segments, gx * gy);
  const parts = Math.max(1, Math.ceil(segments / part_segments));
  const partial = x.gpu.empty([parts, s.O * Cg * s.KH * s.KW + s.O]);
  const { groups: _, PH: top, PW: left, ...sizes } = s;
  x.gpu.run(v.kernel, { x, dy, partial }, { ...sizes, top, left, Cg, Og, part_segments }, [gx, gy, parts], { ...v.constants, ...constants });
  return partial;
}

function variants(gpu: Engine, s: ConvSizes): Variant[] {
  const S = gpu.subgroupSize;
  const channels = s.O / s.groups;
  const QUADS = S <= 4 && layoutOf(s, true).blocks >= 8 ? 2 : 1;
  return byFamily(gpu, {
    subgroup: [{ name: "subgroup", kernel: subgroup, constants: { S, TM: subgroupRows(channels), QUADS }, runs: broadcasts }],
    tiled: [{ name: "tiled", kernel: tiled, constants: { TY: threadRows(channels) }, runs: () => true }],
    plain: { name: "plain", kernel: plain, constants: {}, runs: () => true },
  });
}

/** dw [O,C/groups,KH,KW] and, if asked for, db [O] of the convolution `s` of x for dy. */
export function convWeightGradient(s: ConvSizes, x: Tensor, dy: Tensor, needsBias: boolean): { dw: Tensor; db: Tensor | null } {
  const gpu = x.gpu;
  let db: Tensor | null = null;
  const dw = gpu.tuner.launch("conv2d dw", convKey(s), withWinograd(gpu, s, variants(gpu, s)), (v) => {
    if (v.name === "winograd") {
      db = needsBias ? reduceAxes(dy, [0, 2, 3], 1).view([s.O]) : null;
      return winogradWeightGradient(s, x, dy);
    }
    const partial = partialSums(s, x, dy, v);
    const sum = gpu.empty([s.O, s.C / s.groups, s.KH, s.KW]);
    db = needsBias ? gpu.empty([s.O]) : null;
    const params = { weights: sum.size, O: s.O, parts: partial.shape[0]!, has_bias: Number(needsBias) };
    gpu.run(reduce, { partial, dw: sum, db: db ?? gpu.empty([1]) }, params, linearGrid(sum.size + s.O));
    return sum;
  });
  return { dw, db };
}
