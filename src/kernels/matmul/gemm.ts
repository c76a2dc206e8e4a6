// C[b] = op(A[b]) op(B[b]) + bias: the matrix product behind matmul and linear, and its variants.

import plainSource from "../../../shaders/matmul/matmul.wgsl";
import elementsSource from "../../../shaders/matmul/matmul_elements.wgsl";
import operandsSource from "../../../shaders/matmul/matmul_operands.wgsl";
import packSource from "../../../shaders/matmul/matmul_pack.wgsl";
import partsSource from "../../../shaders/matmul/matmul_parts.wgsl";
import quadsSource from "../../../shaders/matmul/matmul_quads.wgsl";
import subgroupSource from "../../../shaders/matmul/matmul_subgroup.wgsl";
import tiledSource from "../../../shaders/matmul/matmul_tiled.wgsl";
import negative from "../../../shaders/pointwise/negative.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel, type Constants, type Kernel } from "../../engine/run/shader.ts";
import type { Precision, Runtime, Tensor, Variant } from "../../engine/tensor.ts";
import { broadcasts, byFamily, classOf, FILL, heldOf, MOST, roundUp, subgroupRows } from "./families.ts";
import { unitsKernel, unitsTiles } from "./units.ts";

export interface Gemm {
  /** Batch, rows and columns of C, summed dimension. */
  b: number;
  M: number;
  N: number;
  K: number;
  /** A is stored [K,M], B is stored [N,K]. */
  transA: boolean;
  transB: boolean;
  /** Elements from one batch entry to the next; 0 uses the same matrix for all. */
  batchA: number;
  batchB: number;
  bias?: Tensor | null;
  relu?: boolean;
  /** Operands are never rounded to half precision. */
  whole?: boolean;
}

const plain = kernel("shaders/matmul/matmul.wgsl", plainSource, { parts: [negative] });
const subgroup = kernel("shaders/matmul/matmul_subgroup.wgsl", subgroupSource, { parts: [negative] });
const quads = [operandsSource, quadsSource, negative];
const elements = [operandsSource, elementsSource, negative];
const tiledQuads = kernel("shaders/matmul/matmul_tiled.wgsl", tiledSource, { parts: quads });
const tiledElements = kernel("shaders/matmul/matmul_tiled.wgsl", tiledSource, { parts: elements });
const unitsQuads = unitsKernel(quads);
const unitsElements = unitsKernel(elements);
const pack = kernel("shaders/matmul/matmul_pack.wgsl", packSource);
const addParts = kernel("shaders/matmul/matmul_parts.wgsl", partsSource, { parts: [negative] });

/** The subgroup tile needs whole vec4s along K and N, and along M where A is transposed. */
const aligned = (g: Gemm): boolean => g.K % 4 === 0 && g.N % 4 === 0 && (!g.transA || g.M % 4 === 0) && g.M * g.K > 0;

/** Whether packing both operands pays: where the rows of B are 3 KB long or more, and each panel is used often. */
const worthPacking = (g: Gemm): boolean => g.M >= 512 && g.N >= 768 && g.N % 4 === 0 && g.K >= 512;

/** Whether a grid holds the tiles of C; `plain` takes them all in one row. */
const holds = (g: Gemm, rows: number, columns: number): boolean =>
  Math.ceil(g.M / rows) <= MOST && Math.ceil(g.N / columns) <= MOST;

/** Constants of matmul_tiled.wgsl. */
interface Tiles extends Record<"SIDE" | "WIDE" | "DEEP", number> {}

const TILES: Record<string, Tiles> = {
  "tiled 128": { SIDE: 16, WIDE: 2, DEEP: 8 },
  "tiled 64": { SIDE: 16, WIDE: 1, DEEP: 16 },
  "tiled 32": { SIDE: 8, WIDE: 1, DEEP: 16 },
};

const tileOf = ({ SIDE, WIDE }: Tiles): number => 4 * SIDE * WIDE;
const tilesOf = (g: Gemm, rows: number, columns = rows): number =>
  g.b * Math.ceil(g.M / rows) * Math.ceil(g.N / columns);

/** What the slices hold. */
const heldBy = (gpu: Runtime, g: Gemm): Precision => (g.whole ? "f32" : heldOf(gpu));

/** Bytes of workgroup memory: two slices of A and two of B. */
const bytesOf = (t: Tiles): number => 4 * t.DEEP * (tileOf(t) + 4) * 4;

/** The larger the tile, the fewer the loads, as long as there are enough tiles to fill a GPU. */
function tiledVariants(A: Tensor, B: Tensor, g: Gemm): Variant[] {
  const limits = A.gpu.device.limits;
  const shared = { TRANS_A: g.transA, TRANS_B: g.transB, Held: heldBy(A.gpu, g) };
  const tiledKernel = aligned(g) ? tiledQuads : tiledElements;
  const variants = Object.entries(TILES).map(([name, tiles]): Variant => {
    const constants = { ...tiles, ...shared };
    const side = tileOf(tiles);
    return {
      name, kernel: tiledKernel, constants,
      runs: () => holds(g, side, side) && bytesOf(tiles) <= limits.maxComputeWorkgroupStorageSize,
      launch: () => launchTiles(A, B, g, { kernel: tiledKernel, constants, rows: side, columns: side }),
    };
  });
  const area = (tile: number) => tilesOf(g, tile) * tile ** 2; // of C and what the tiles stand over
  const suits = (tile: number) => tilesOf(g, tile) >= FILL / 2 && area(tile) <= 1.25 * area(32);
  const first = [128, 64, 32].findIndex((tile) => suits(tile) || tile === 32);
  return [variants[first]!, ...variants.filter((_, i) => i !== first)];
}

/** By subgroup matrices: tiles of 64 x 64 where larger ones would not fill a GPU. */
function matrixVariants(A: Tensor, B: Tensor, g: Gemm): Variant[] {
  if (g.whole) return [];
  const unitsOf = aligned(g) ? unitsQuads : unitsElements;
  const tiles = unitsTiles(A.gpu, [[4, 4], [2, 2]]).map((tile): Variant & { full: boolean } => {
    const constants = { ...tile.constants, TRANS_A: g.transA, TRANS_B: g.transB };
    return { name: tile.name, kernel: unitsOf, constants, full: tilesOf(g, tile.rows, tile.columns) >= FILL / 2,
      runs: () => holds(g, tile.rows, tile.columns),
      launch: () => launchTiles(A, B, g, { ...tile, kernel: unitsOf, constants }) };
  });
  return tiles[0]?.full ? tiles : tiles.reverse();
}

function variants(A: Tensor, B: Tensor, g: Gemm): Variant[] {
  const { gpu } = A;
  const S = gpu.subgroupSize;
  const transposed = { TRANS_A: g.transA, TRANS_B: g.transB };
  const tile = { S, TM: subgroupRows(g.M), QUADS: S <= 4 ? 2 : 1 };
  const packed = { ...tile, PACKED: true, TRANS_A: false, TRANS_B: false };
  const shared = { ...tile, ...transposed };
  return byFamily(gpu, {
    subgroup: [
      { name: "packed", kernel: subgroup, constants: packed,
        runs: () => broadcasts(gpu) && worthPacking(g) && holds(g, tile.TM, 4 * S * tile.QUADS),
        launch: () => launchPacked(A, B, g, packed) },
      { name: "subgroup", kernel: subgroup, constants: shared,
        runs: () => broadcasts(gpu) && aligned(g) && holds(g, tile.TM, 4 * S * tile.QUADS),
        launch: () => launchSubgroup(A, B, g, shared) },
    ],
    matrix: matrixVariants(A, B, g),
    tiled: tiledVariants(A, B, g),
    plain: { name: "plain", kernel: plain, constants: {}, runs: () => true, launch: () => launchPlain(A, B, g) },
  });
}

/** Constants of the subgroup's tile: S lanes, TM rows, QUADS column quads a lane. */
interface SubgroupTile extends Record<"S" | "TM" | "QUADS", number> {}

/** What stands at the same place of a batch entry: R rows (columns of B) and their K elements. */
interface Operand extends Record<"entries" | "R" | "K" | "row_stride" | "k_stride" | "batch", number> {}

/** Panels of WIDTH rows of A or, BY_K, columns of B: see matmul_pack.wgsl. */
function packed(x: Tensor, { entries, ...o }: Operand, WIDTH: number, BY_K: boolean): Tensor {
  const K4 = roundUp(o.K, 4);
  const panels = Math.ceil(o.R / WIDTH);
  const panel = x.gpu.empty([entries, panels, K4, WIDTH]);
  x.gpu.run(pack, { x, panel }, { ...o, K4 }, [Math.ceil((K4 * WIDTH) / 256), panels, entries], { WIDTH, BY_K });
  return panel;
}

/** The product of packed operands; what a batch shares is packed once. */
function launchPacked(A: Tensor, B: Tensor, g: Gemm, constants: SubgroupTile & Constants): Tensor {
  const { S, TM, QUADS } = constants;
  const { b, M, N, K } = g;
  const rows = { entries: g.batchA ? b : 1, R: M, K, row_stride: g.transA ? 1 : K, k_stride: g.transA ? M : 1,
    batch: g.batchA };
  const columns = { entries: g.batchB ? b : 1, R: N, K, row_stride: g.transB ? K : 1, k_stride: g.transB ? 1 : N,
    batch: g.batchB };
  const [PA, PB] = [packed(A, rows, TM, false), packed(B, columns, 4 * S * QUADS, true)];
  const C = A.gpu.empty([b, M, N]);
  const entry = (panels: Tensor, shared: boolean) => (shared ? 0 : panels.size / panels.shape[0]!);
  const sizes = { M, N, K: roundUp(K, 4), A_batch: entry(PA, !g.batchA), B_batch: entry(PB, !g.batchB), ...flags(g) };
  A.gpu.run(subgroup, { A: PA, B: PB, bias: g.bias ?? A, C }, sizes, [PB.shape[1]!, PA.shape[1]!, b], constants);
  return C;
}

const flags = (g: Gemm) => ({ has_bias: Number(!!g.bias), relu: Number(!!g.relu) });
const sizesOf = (g: Gemm) => ({ M: g.M, N: g.N, K: g.K, A_batch: g.batchA, B_batch: g.batchB, ...flags(g) });

function launchSubgroup(A: Tensor, B: Tensor, g: Gemm, constants: SubgroupTile & Constants): Tensor {
  const { S, TM, QUADS } = constants;
  const C = A.gpu.empty([g.b, g.M, g.N]);
  const grid = [Math.ceil(g.N / (4 * S * QUADS)), Math.ceil(g.M / TM), g.b] as const;
  A.gpu.run(subgroup, { A, B, bias: g.bias ?? A, C }, sizesOf(g), grid, constants);
  return C;
}

function launchPlain(A: Tensor, B: Tensor, g: Gemm): Tensor {
  const C = A.gpu.empty([g.b, g.M, g.N]);
  const [x, y = 1] = linearGrid(Math.ceil(g.M / 4) * Math.ceil(g.N / 4));
  const sizes = { ...sizesOf(g), trans_A: Number(g.transA), trans_B: Number(g.transB) };
  A.gpu.run(plain, { A, B, bias: g.bias ?? A, C }, sizes, [x, y, g.b]);
  return C;
}

/** Into how many parts the sum is split: enough workgroups to fill a GPU, none with less than 256 of K. */
function partsOf(g: Gemm, tiles: number): number {
  const parts = Math.min(Math.floor(g.K / 256), Math.ceil(FILL / tiles), Math.floor(MOST / g.b));
  return Math.max(1, parts);
}

/** A kernel by tiles, and the rows and columns of one. */
interface TiledKernel {
  kernel: Kernel;
  constants: Constants;
  rows: number;
  columns: number;
}

function launchTiles(A: Tensor, B: Tensor, g: Gemm, { kernel: k, constants, rows, columns }: TiledKernel): Tensor {
  const { gpu } = A;
  const part_K = roundUp(Math.ceil(g.K / partsOf(g, tilesOf(g, rows, columns))), 32);
  const parts = g.K > part_K ? Math.ceil(g.K / part_K) : 1;
  const C = gpu.empty([g.b * parts, g.M, g.N]);
  const ends = parts > 1 ? { has_bias: 0, relu: 0 } : flags(g);
  const grid = [Math.ceil(g.N / columns), Math.ceil(g.M / rows), g.b * parts] as const;
  gpu.run(k, { A, B, bias: g.bias ?? A, C }, { ...sizesOf(g), part_K, parts, ...ends }, grid, constants);
  return parts === 1 ? C : added(C, g, parts);
}

/** C [b,M,N] from its parts [b,parts,M,N]. */
function added(parts: Tensor, g: Gemm, count: number): Tensor {
  const C = parts.gpu.empty([g.b, g.M, g.N]);
  const params = { size: C.size, entry: g.M * g.N, N: g.N, count, ...flags(g) };
  parts.gpu.run(addParts, { parts, bias: g.bias ?? parts, C }, params, linearGrid(C.size));
  return C;
}

/** C [b,M,N]. */
export function gemm(A: Tensor, B: Tensor, g: Gemm): Tensor {
  if (g.b * g.M * g.N === 0) return A.gpu.empty([g.b, g.M, g.N]);
  if (g.b > MOST) throw new Error(`matmul: a batch of ${g.b} products; at most ${MOST} are due, take it in parts`);
  const apart = g.whole && A.gpu.precision === "f16" ? " f32" : "";
  const key = `${g.transA ? "T" : "N"}${g.transB ? "T" : "N"} ` +
    `${[g.b, g.M, g.N, g.K].map(classOf).join("x")}${aligned(g) ? "" : " odd"}${apart}`;
  return A.gpu.tuner.launch("matmul", key, variants(A, B, g));
}
