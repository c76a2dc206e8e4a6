// The kernels of subgroup matrices where no adapter at hand has any: Dawn's null backend reads their text, and lavapipe
// runs it with the matrices emulated.

import { create } from "webgpu";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findAdapter } from "#adapter";
import { createEngine, type Engine } from "../src/index.ts";
import { MATRICES, matrixUnitOf } from "../src/engine/device/matrix-unit.ts";
import { idOf } from "../src/verify/table/table.ts";
import { differingIn, variedRows } from "../src/verify/variants.ts";

const units = suite("matrix units");
const UNIT = { M: 8, N: 8, K: 8 };
/** The tiles of units.ts for units of 8 x 8. */
const NAMES = ["matrix 32x32", "matrix 64x64", "matrix 32x64"];
/** Beginnings of ids: whole vec4s and any sizes, transposes, parts of a sum, edges, groups, a stride. */
const ROWS = ["linear whole vec4s", "matmul beyond a tile, TT", "matmul batched, NT", "matmul a long sum",
  "conv2d 68 channels", "conv2d 2 groups of 34", "conv2d Winograd", "convTranspose2d 33 channels"];

/** What stands for the extension's types and functions: of each 8 x 8 matrix a lane holds the row of its number. */
const EMULATION = `
alias Matrix = array<vec4<f32>, 2>;
var<private> own: u32;
var<private> eight: u32; // no compiler unrolls a loop to here
${["As", "Bs"].map((array) => `
fn load_${array}(at: u32, row: u32, by_columns: bool) -> Matrix {
  if (!by_columns) {
    return Matrix(vec4<f32>(${array}[at + own * row]), vec4<f32>(${array}[at + own * row + 1u]));
  }
  var m: Matrix;
  for (var c = 0u; c < 8u; c++) { m[c / 4u][c % 4u] = f32(${array}[at + c * row + own / 4u][own % 4u]); }
  return m;
}`).join("")}
fn sum_of(a: Matrix, b: Matrix, c: Matrix) -> Matrix {
  var m = c;
  for (var k = 0u; k < eight; k++) {
    let v = a[k / 4u][k % 4u];
    m[0] += v * subgroupShuffle(b[0], k);
    m[1] += v * subgroupShuffle(b[1], k);
  }
  return m;
}
fn store_Cs(at: u32, c: Matrix, row: u32) { Cs[at + own * row] = c[0]; Cs[at + own * row + 1u] = c[1]; }`;

/** The text without the extension. */
const emulated = (code: string): string =>
  code.replace("enable chromium_experimental_subgroup_matrix;", "").replace("const DEEP = 32u", "const DEEP = 8u")
    .replace("chromium.subgroup_matrix_uniformity", "subgroup_uniformity")
    .replace(/alias (Left|Right|Sums) = .*;/g, "alias $1 = Matrix;")
    .replace(/subgroupMatrixLoad<\w+, (row|col)_major>\(&(\w+), (.*), (\w+)\);/g, (_, way, array, at, row) =>
      `load_${array}(${at}, ${row}, ${way === "col"});`)
    .replaceAll("subgroupMatrixMultiplyAccumulate(", "sum_of(")
    .replace("subgroupMatrixStore<row_major>(&Cs, ", "store_Cs(")
    .replace("let tile =", "own = lane;\n  eight = select(8u, 9u, groups.z == 65536u);\n  let tile =") + EMULATION;

/** Gives an engine units; each text of theirs goes to `texts`. */
function emulate(gpu: Engine, texts: Map<string, string>): void {
  const { device } = gpu;
  const make = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) => {
    const { code } = descriptor;
    if (!code.includes("subgroupMatrixLoad")) return make(descriptor);
    texts.set(code.replace(/const U[MNK] = 8u/g, (line) => line.replace("8u", "16u")), descriptor.label!);
    return make({ ...descriptor, code: emulated(code) });
  };
  Object.assign(gpu, { matrixUnit: UNIT });
}

const choice = await findAdapter();
const { subgroupMinSize, subgroupMaxSize } = choice.adapter.info as unknown as Record<string, number>;
const can = choice.adapter.features.has("shader-f16") && subgroupMinSize === 8 && subgroupMaxSize === 8;
const test = can ? units : units.skip; // an adapter without shader-f16 or subgroups of 8 lanes, as SwiftShader
const [tried, texts] = [new Set<string>(), new Map<string, string>()];
let gpu: Engine;
units.before(async () => {
  if (can) emulate(gpu = await createEngine({ precision: "f16" }), texts);
});
units.after(() => gpu?.close());

for (const start of ROWS) {
  const row = variedRows().find((r) => idOf(r).startsWith(start))!;
  test(idOf(row), async () => assert.equal(await differingIn(gpu, row, { tried, only: NAMES }), []));
}

test("every heavy op was run", () => {
  const due = ["matmul matrix 32x32", "matmul matrix 64x64", "conv2d matrix 64x64", "conv2d dx matrix 64x64",
    "conv2d dx matrix 32x64"];
  assert.equal(due.filter((name) => !tried.has(name)), []);
});

test("Dawn takes each text with the extension, for units of 16 x 16", async () => {
  const adapter = await create(["backend=null", "enable-dawn-features=allow_unsafe_apis"]).requestAdapter();
  const device = await adapter!.requestDevice({ requiredFeatures: ["shader-f16", "subgroups", MATRICES] as
    GPUFeatureName[] });
  assert.ok(texts.size >= 8, `${texts.size} texts`);
  for (const [code, label] of texts) {
    const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
    assert.equal(messages.map((m) => `${label}:${m.lineNum}: ${m.message}`), []);
  }
  device.destroy();
});

units("the largest unit of f16 with sums of f32 is taken; without one there is none", () => {
  const config = (componentType: string, resultComponentType: string, M: number, N: number, K: number) =>
    ({ componentType, resultComponentType, M, N, K });
  const of = (...subgroupMatrixConfigs: object[]) =>
    matrixUnitOf({ subgroupMatrixConfigs } as unknown as GPUAdapterInfo);
  assert.equal(of(config("f16", "f16", 16, 16, 16), config("f16", "f32", 16, 8, 8), config("f16", "f32", 16, 16, 16),
    config("u8", "u32", 16, 16, 32)), { M: 16, N: 16, K: 16 });
  assert.equal([of(config("f16", "f16", 8, 8, 8)), of(), matrixUnitOf({} as GPUAdapterInfo)], [null, null, null]);
});

units.run();
