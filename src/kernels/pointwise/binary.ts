// Pointwise ops of two tensors with broadcasting: an op file gives a .wgsl text with f, dfa and dfb, this joins it to
// shaders/pointwise/binary.wgsl.

import skeleton from "../../../shaders/pointwise/binary.wgsl";
import { sweep } from "../../engine/engine.ts";
import { kernel, type Kernel } from "../../engine/run/shader.ts";
import { noGradient, record } from "../../engine/grad/tape.ts";
import { quadsOf, type Shape, type Tensor } from "../../engine/tensor.ts";
import { broadcastShape, checkDType, fail, sameShape } from "../check.ts";
import { sumTo } from "../reduce/sum.ts";

interface Walk {
  sizes: number[];
  a: number[];
  b: number[];
}

/** Row-major strides of `shape` seen as `out`: 0 where it is broadcast. */
function strides(shape: Shape, out: Shape): number[] {
  const result = new Array<number>(out.length).fill(0);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    result[i + out.length - shape.length] = shape[i] === 1 ? 0 : stride;
    stride *= shape[i]!;
  }
  return result;
}

/** Merges neighbouring dimensions that both operands walk as one. */
function walk(a: Shape, b: Shape, out: Shape): Walk {
  const sa = strides(a, out);
  const sb = strides(b, out);
  const w: Walk = { sizes: [], a: [], b: [] };
  out.forEach((n, i) => {
    if (n === 1) return;
    const j = w.sizes.length - 1;
    if (j >= 0 && w.a[j] === sa[i]! * n && w.b[j] === sb[i]! * n) {
      w.sizes[j]! *= n;
      w.a[j] = sa[i]!;
      w.b[j] = sb[i]!;
    } else {
      w.sizes.push(n);
      w.a.push(sa[i]!);
      w.b.push(sb[i]!);
    }
  });
  return w.sizes.length ? w : { sizes: [1], a: [0], b: [0] };
}

function walkParams(w: Walk, n4: number): Record<string, number> {
  const at = (list: number[], i: number) => list[i] ?? 0;
  const params: Record<string, number> = { n4, n1: at(w.sizes, 1), n2: at(w.sizes, 2), n3: at(w.sizes, 3), n4_: at(w.sizes, 4), n5: at(w.sizes, 5) };
  for (let i = 0; i < 6; i++) Object.assign(params, { [`sa${i}`]: at(w.a, i), [`sb${i}`]: at(w.b, i) });
  return params;
}

/** How to run the op's kernels for these operands. */
function launcher(name: string, kernels: Record<string, Kernel>, a: Tensor, b: Tensor, shape: Shape) {
  const gpu = a.gpu;
  const n4 = quadsOf(shape);
  const [A_ONE, B_ONE] = [a, b].map((t) => t.size === 1 && !sameShape(t.shape, shape));
  const same = [a, b].every((t) => t.size === 1 || sameShape(t.shape, shape));
  const w = same ? { sizes: [], a: [], b: [] } : walk(a.shape, b.shape, shape);
  if (w.sizes.length > 6) fail(name, "more than 6 dimensions remain after merging", { a, b });
  const params = walkParams(w, n4);
  const operands: Record<string, Tensor> = same ? { a4: a, b4: b } : { a1: a, b1: b };
  const { grid, WG } = sweep(n4);
  return (suffix: string, more: Record<string, Tensor>) => {
    const k = kernels[(same ? "same" : "broadcast") + suffix]!;
    const tensors = Object.fromEntries(k.bindings.map(({ name: n }) => [n, (more[n] ?? operands[n])!]));
    gpu.run(k, tensors, params, grid, same ? { WG, A_ONE: A_ONE!, B_ONE: B_ONE! } : { WG, RANK: w.sizes.length });
  };
}

/** da and db from dy alone, in dy's shape, where they need neither a nor b. */
export interface Direct {
  a: (dy: Tensor) => Tensor;
  b: (dy: Tensor) => Tensor;
}

/** Backward runs dfa and dfb of the .wgsl text, or the functions of `gradient`; "none" makes an op without a gradient. */
export function binary(name: string, part: string, gradient: Direct | "kernels" | "none" = "kernels"): (a: Tensor, b: Tensor | number) => Tensor {
  const file = `shaders/pointwise/${name}.wgsl`;
  const kernels = Object.fromEntries(
    ["same", "same_da", "same_db", "broadcast", "broadcast_da", "broadcast_db"].map((entry) => [entry, kernel(file, skeleton, { entry, parts: [part] })]),
  );
  return (a, second) => {
    const b = typeof second === "number" ? a.gpu.full([], second) : second;
    checkDType(name, "a", a, "f32");
    checkDType(name, "b", b, "f32");
    const y = a.gpu.empty(broadcastShape(name, a, b));
    const run = launcher(name, kernels, a, b, y.shape);
    run("", { y });
    if (gradient === "none") return noGradient(name, y, [a, b]);
    const byKernel = (suffix: string, dy: Tensor) => {
      const dx = a.gpu.empty(y.shape);
      run(suffix, { dy, dx });
      return dx;
    };
    const { a: da, b: db } = gradient === "kernels" ? { a: (dy: Tensor) => byKernel("_da", dy), b: (dy: Tensor) => byKernel("_db", dy) } : gradient;
    return record(name, y, [a, b], (dy, [needA, needB]) => [needA ? sumTo(da(dy), a.shape) : null, needB ? sumTo(db(dy), b.shape) : null]);
  };
}
