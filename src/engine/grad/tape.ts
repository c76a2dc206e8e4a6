// Reverse-mode differentiation. An op that has a gradient ends with `record(name, y, inputs, backward)`; while a tape
// is open and an input leads back to a watched tensor, the call is kept. `valueAndGrad` walks the kept calls backwards.
//
// Tapes nest: what runs under an inner tape is kept by the outer ones too, and so are the ops of the inner backward
// pass. A kernel that a backward pass launches by itself is not an op: what it writes is stained for the outer tapes,
// and a gradient that would flow through a stain is an error that names the op without a second derivative.

import type { Storage } from "../memory/storage.ts";
import type { Kernel } from "../run/shader.ts";
import { Tensor, sameShape, type Backward, type Recordable, type Runtime } from "../tensor.ts";

export type { Backward } from "../tensor.ts";

/** The engine as the tape sees it. */
interface Taped extends Runtime {
  tape: Tape | null;
}

interface Node {
  name: string;
  y: Tensor;
  inputs: readonly Tensor[];
  needs: readonly boolean[];
  backward: Backward;
}

/** What valueAndGrad opens: the calls that lead from a watched tensor to its result. */
export class Tape implements Recordable {
  /** @internal */
  readonly nodes: Node[] = [];
  private readonly tracked: Set<Tensor>;
  /** Storage -> the op whose backward pass wrote it by a kernel of its own, from tensors that this tape tracks. */
  private readonly stained = new Map<Storage, string>();
  /** The op whose backward pass runs under this tape now. */
  private runs: string | null = null;

  /** @internal */
  constructor(watched: readonly Tensor[], private readonly outer: Tape | null = null) {
    this.tracked = new Set(watched);
  }

  /** Keeps the call of an op where one of its inputs leads back to a watched tensor. */
  record(name: string, y: Tensor, inputs: readonly Tensor[], backward: Backward): void {
    this.outer?.record(name, y, inputs, backward);
    const needs = inputs.map((x) => this.tracks(x));
    if (this.stained.size > 0 && y.storage !== inputs[0]?.storage) this.stained.delete(y.storage);
    if (!needs.includes(true)) return;
    this.tracked.add(y);
    this.nodes.push({ name, y, inputs, needs, backward });
  }

  /** @internal */
  tracks(t: Tensor): boolean {
    return this.tracked.has(t) || (this.stained.size > 0 && this.isStained(t));
  }

  /** A stained tensor counts as tracked, but no gradient passes it. */
  private isStained(t: Tensor): boolean {
    const name = this.stained.get(t.storage);
    if (name === undefined) return false;
    this.tracked.add(t);
    this.nodes.push({ name, y: t, inputs: [t], needs: [true], backward: () => fail(`${name} has no second ` +
      `derivative; wrap the inner gradient in stopGradient() if none is meant`) });
    return true;
  }

  /** Called for every kernel that runs while this tape is open. */
  launched(kernel: Kernel, tensors: readonly Tensor[]): void {
    this.outer?.launched(kernel, tensors);
    if (this.runs === null) return;
    const reads = (t: Tensor, i: number) =>
      kernel.bindings[i]!.kind === "read" && (this.tracked.has(t) || this.stained.has(t.storage));
    if (!tensors.some(reads)) return;
    tensors.forEach((t, i) => kernel.bindings[i]!.kind === "write" && this.stained.set(t.storage, this.runs!));
  }

  /** Runs the backward pass of the op `name` of an inner tape under this one. */
  during<T>(name: string, fn: () => T): T {
    const before = this.runs;
    this.runs = name;
    try {
      return this.outer ? this.outer.during(name, fn) : fn();
    } finally {
      this.runs = before;
    }
  }
}

function fail(message: string): never {
  throw new Error(message);
}

/** Called by every differentiable op: keeps the call if someone differentiates it, and returns y. */
export function record(name: string, y: Tensor, inputs: readonly Tensor[], backward: Backward): Tensor {
  y.gpu.tape?.record(name, y, inputs, backward);
  return y;
}

/** Called by ops that have no gradient: an error if someone differentiates them. */
export function noGradient(name: string, y: Tensor, inputs: readonly Tensor[]): Tensor {
  return record(name, y, inputs, () => fail(`${name} has no gradient; wrap its input in stopGradient() if none is ` +
    `meant`));
}

/** Adds two gradients of one tensor. Set by the kernels (the engine knows no op). */
let accumulate: (a: Tensor, b: Tensor) => Tensor = () => fail("tape: no kernel to add gradients; import the engine " +
  "from purigrad's index");
export const setAccumulate = (add: typeof accumulate): void => void (accumulate = add);

function checkGradients(node: Node, grads: unknown): (Tensor | null)[] {
  const { inputs, name } = node;
  if (!Array.isArray(grads) || grads.length < inputs.length)
    fail(
      `${name}: its backward returned ${
        Array.isArray(grads) ? `${grads.length} gradients` : String(grads)
      }; one for each of ${inputs.length} inputs is due, null where there is none`,
    );
  inputs.forEach((x, i) => {
    const dx: unknown = grads[i];
    if (dx === null || dx === undefined || !node.needs[i]) return;
    if (!(dx instanceof Tensor)) fail(`${name}: the gradient of input ${i} is no tensor; a tensor of shape ` +
      `[${x.shape}] or null is due`);
    if (!sameShape(dx.shape, x.shape)) fail(`${name}: the gradient of input ${i} has shape [${dx.shape}], the input ` +
      `[${x.shape}]`);
    if (dx.dtype !== "f32") fail(`${name}: the gradient of input ${i} is ${dx.dtype}; f32 is due`);
  });
  return grads as (Tensor | null)[];
}

function backpropagate(tape: Tape, outer: Tape | null, y: Tensor, dy: Tensor): Map<Tensor, Tensor> {
  const grads = new Map<Tensor, Tensor>([[y, dy]]);
  for (let i = tape.nodes.length - 1; i >= 0; i--) {
    const node = tape.nodes[i]!;
    const dOut = grads.get(node.y);
    if (!dOut) continue;
    grads.delete(node.y);
    const run = () => checkGradients(node, node.backward(dOut, node.needs));
    (outer ? outer.during(node.name, run) : run()).forEach((dx, j) => {
      if (!dx || !node.needs[j]) return;
      const x = node.inputs[j]!;
      const sum = grads.get(x);
      grads.set(x, sum ? accumulate(sum, dx) : dx);
    });
  }
  return grads;
}

/** Runs fn with no tape: what it computes is a constant to any gradient outside. */
export function noGrad<T>(gpu: Runtime, fn: () => T): T {
  return withTape(gpu, null, fn);
}

function withTape<T>(gpu: Runtime, tape: Tape | null, fn: () => T): T {
  const taped = gpu as Taped;
  const outer = taped.tape;
  taped.tape = tape;
  try {
    return fn();
  } finally {
    taped.tape = outer;
  }
}

/** The same elements in the same shape, cut off from the tape. */
export function stopGradient(x: Tensor): Tensor {
  if (!(x instanceof Tensor)) fail(`stopGradient: ${String(x)} given; a tensor is due`);
  return new Tensor(x.gpu, x.shape, x.dtype, x.storage, x.offset);
}

/** What valueAndGrad found; grads[i] has the shape of wrt[i]. */
export interface ValueAndGrad<T> {
  value: T;
  grads: Tensor[];
}

/** The tensor to differentiate in what fn returned. */
function resultOf(value: unknown): Tensor {
  if (value instanceof Promise) fail("valueAndGrad: fn is asynchronous; compute without await and read the values " +
    "afterwards");
  const y: unknown = Array.isArray(value) ? value[0] : value;
  if (!(y instanceof Tensor)) fail("valueAndGrad: fn returned no tensor; return the tensor to differentiate, or an " +
    "array that begins with it");
  return y;
}

function checkWatched(wrt: readonly Tensor[]): Runtime {
  if (!Array.isArray(wrt) || wrt.length === 0) fail("valueAndGrad: no tensors to differentiate with respect to; an " +
    "array of tensors is due");
  wrt.forEach((x, i) => {
    if (!(x instanceof Tensor)) fail(`valueAndGrad: wrt[${i}] is no tensor`);
    if (x.dtype !== "f32") fail(`valueAndGrad: wrt[${i}] is ${x.dtype}; only f32 can be differentiated`);
  });
  return wrt[0]!.gpu;
}

/**
 * Every tensor with a storage of its own, so that one can be freed or written and the others stay. What a capture
 * records belongs to it: there gradients may be one tensor.
 */
function distinct(gpu: Runtime, grads: readonly Tensor[], taken: readonly Tensor[]): Tensor[] {
  if (gpu.recording) return [...grads];
  const seen = new Set(taken.map((t) => t.storage));
  return grads.map((g) => {
    if (!seen.has(g.storage)) {
      seen.add(g.storage);
      return g;
    }
    const copy = gpu.empty(g.shape);
    gpu.copy(g, copy);
    return record("copy", copy, [g], (dy) => [dy]);
  });
}

/**
 * Runs fn and differentiates its result with respect to each tensor of `wrt`. fn returns a tensor, or an array whose
 * first element is differentiated and whose others are handed through. A result that is not a scalar is summed, as
 * in torch.autograd.grad with grad_outputs of ones; `dy` gives other weights. A tensor that the result does not
 * depend on gets zeros. Everything fn makes and does not return is freed.
 *
 * Inside another valueAndGrad the gradients are differentiable themselves, as with create_graph in PyTorch.
 */
export function valueAndGrad<T extends Tensor | readonly Tensor[]>(fn: () => T, wrt: readonly Tensor[],
  dy?: Tensor): ValueAndGrad<T> {
  const gpu = checkWatched(wrt) as Taped;
  return gpu.scope(() => {
    const outer = gpu.tape;
    const tape = new Tape(wrt, outer);
    const value = withTape(gpu, tape, fn);
    const y = resultOf(value);
    if (dy && !sameShape(dy.shape, y.shape)) fail(`valueAndGrad: dy has shape [${dy.shape}], the result [${y.shape}]`);
    if (dy && dy.dtype !== "f32") fail(`valueAndGrad: dy is ${dy.dtype}; f32 is due`);
    const found = backpropagate(tape, outer, y, dy ?? gpu.full(y.shape, 1));
    if (y.dtype !== "f32") fail(`valueAndGrad: the result is ${y.dtype}; only f32 can be differentiated`);
    const grads = wrt.map((x) => found.get(x) ?? gpu.zeros(x.shape));
    const others = [...(value instanceof Tensor ? [value] : (value as readonly unknown[])), dy, ...wrt].filter((t) =>
      t instanceof Tensor
    );
    return { value, grads: distinct(gpu, grads, others) };
  });
}

/** The gradients alone, one of each shape of `wrt`, as torch.autograd.grad. */
export const grad = (fn: () => Tensor, wrt: readonly Tensor[], dy?: Tensor): Tensor[] =>
  checkWatched(wrt).scope(() => valueAndGrad(fn, wrt, dy).grads);
