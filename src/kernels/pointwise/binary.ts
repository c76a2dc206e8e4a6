// Pointwise ops of two tensors with broadcasting: arithmetic.ts gives a .wgsl text with f, dfa and dfb, this joins it
// to shaders/pointwise/binary.wgsl.

import special from "../../../shaders/pointwise/special.wgsl";
import skeleton from "../../../shaders/pointwise/binary.wgsl";
import { sweep } from "../../engine/run/grid.ts";
import { kernel, type Kernel } from "../../engine/run/shader.ts";
import { noGradient, record } from "../../engine/grad/tape.ts";
import { Tensor, quadsOf, type Shape } from "../../engine/tensor.ts";
import { broadcastShape, checkTensor, fail, sameShape } from "../check.ts";
import { sumTo } from "../layout/expand.ts";

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
  const params: Record<string, number> = { n4, n1: at(w.sizes, 1), n2: at(w.sizes, 2), n3: at(w.sizes, 3),
    n4_: at(w.sizes, 4), n5: at(w.sizes, 5) };
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
    const types: Record<string, string> = a.dtype === "f32" ? {} : { S: a.dtype, T: `vec4<${a.dtype}>` };
    gpu.run(k, tensors, params, grid, { WG, ...types, ...(same ? { A_ONE: A_ONE!, B_ONE: B_ONE! }
      : { RANK: w.sizes.length }) });
  };
}

/** da and db in y's shape, as ops. */
export interface Composed {
  a: (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor;
  b: (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor;
}

/** Where the gradients come from. */
export interface Gradients {
  /** Used always, in the place of kernels: da and db need neither a nor b. */
  direct?: { [K in keyof Composed]: (dy: Tensor) => Tensor };
  /** Used for derivatives of higher order; without it there are none. */
  composed?: Composed;
}

/** A tensor, or a number in its place. */
export type Operand = Tensor | number;

const ENTRIES = ["same", "same_da", "same_db", "broadcast", "broadcast_da", "broadcast_db"];

/** Runs the op: its operands as tensors, its result, and the launcher for the gradient kernels. */
function forward(op: string, kernels: Record<string, Kernel>, [a, b]: [Tensor, Tensor]) {
  const y = a.gpu.empty(broadcastShape(op, a, b));
  const run = launcher(op, kernels, a, b, y.shape);
  run("", { y });
  return { a, b, y, run };
}

/** A number beside a tensor becomes a scalar tensor. `integers`: i32 operands are taken too. */
function asTensors(op: string, a: Operand, b: Operand, integers = false): [Tensor, Tensor] {
  if (typeof a === "number" && typeof b === "number")
    fail(op, "a and b are both numbers; one of them must be a tensor");
  const [first] = [a, b].filter((x) => x instanceof Tensor) as Tensor[];
  const dtype = integers && first?.dtype === "i32" ? "i32" : "f32";
  const tensorOf = (name: string, x: Operand): Tensor => {
    if (typeof x !== "number") return checkTensor(op, name, x, dtype);
    if (dtype === "i32" && !Number.isInteger(x)) fail(op, `${name} is ${x} beside a tensor of i32; a whole number is ` +
      `due`);
    return first!.gpu.full([], x, dtype);
  };
  if (!first) checkTensor(op, typeof a === "number" ? "b" : "a", typeof a === "number" ? b : a);
  return [tensorOf("a", a), tensorOf("b", b)];
}

/** The scalar tensor that stands for a number is freed when the op is done. */
const withNumbers = (op: (a: Operand, b: Operand) => Tensor) => (a: Operand, b: Operand): Tensor => {
  const tensor = typeof a === "number" ? b : typeof b === "number" ? a : null;
  return tensor instanceof Tensor ? tensor.gpu.scope(() => op(a, b)) : op(a, b);
};

const kernelsOf = (name: string, parts: string[]): Record<string, Kernel> =>
  Object.fromEntries(
    ENTRIES.map((
      entry,
    ) => [entry, kernel(`shaders/pointwise/${name}.wgsl`, skeleton, { entry, parts: [...parts, special] })]),
  );

/** Backward runs dfa and dfb of the .wgsl text, or what `gradients` gives. */
// @__NO_SIDE_EFFECTS__
export function binary(name: string, parts: string[],
  { direct, composed }: Gradients = {}): (a: Operand, b: Operand) => Tensor {
  const kernels = kernelsOf(name, parts);
  return withNumbers((first, second) => {
    const { a, b, y, run } = forward(name, kernels, asTensors(name, first, second));
    const gradient = (of: "a" | "b", dy: Tensor): Tensor => {
      if (direct) return direct[of](dy);
      if (composed && y.gpu.tape) return composed[of](dy, a, b, y);
      const dx = y.gpu.empty(y.shape);
      run(`_d${of}`, { dy, dx });
      return dx;
    };
    return record(name, y, [a, b], (dy, [needA, needB]) => [
      needA ? sumTo(gradient("a", dy), a.shape) : null,
      needB ? sumTo(gradient("b", dy), b.shape) : null,
    ]);
  });
}

/** An op of two tensors of f32, or of two of i32, that has no gradient. */
// @__NO_SIDE_EFFECTS__
export function comparison(name: string, parts: string[]): (a: Operand, b: Operand) => Tensor {
  const kernels = kernelsOf(name, parts);
  return withNumbers((first, second) => {
    const { a, b, y } = forward(name, kernels, asTensors(name, first, second, true));
    return noGradient(name, y, [a, b]);
  });
}
