// Reverse-mode differentiation. An op that has a gradient ends with `record(name, y, inputs, backward)`; while a tape
// is open and an input leads back to a watched tensor, the call is kept. `valueAndGrad` walks the kept calls backwards.

import type { Engine } from "../engine.ts";
import { Tensor, type Shape } from "../tensor.ts";

/**
 * dy has y's shape. Returns one gradient per input, of that input's shape; null where there is none. `needs[i]` says
 * whether input i leads to a watched tensor: a backward skips the kernels whose result nobody asked for.
 */
export type Backward = (dy: Tensor, needs: readonly boolean[]) => (Tensor | null)[];

interface Node {
  name: string;
  y: Tensor;
  inputs: readonly Tensor[];
  needs: readonly boolean[];
  backward: Backward;
}

export class Tape {
  readonly nodes: Node[] = [];
  private readonly tracked: Set<Tensor>;

  constructor(watched: readonly Tensor[]) {
    this.tracked = new Set(watched);
  }

  record(name: string, y: Tensor, inputs: readonly Tensor[], backward: Backward): void {
    const needs = inputs.map((x) => this.tracked.has(x));
    if (!needs.includes(true)) return;
    this.tracked.add(y);
    this.nodes.push({ name, y, inputs, needs, backward });
  }

  tracks(t: Tensor): boolean {
    return this.tracked.has(t);
  }
}

/** Called by every differentiable op: keeps the call if someone differentiates it, and returns y. */
export function record(name: string, y: Tensor, inputs: readonly Tensor[], backward: Backward): Tensor {
  y.gpu.tape?.record(name, y, inputs, backward);
  return y;
}

/** Called by ops that have no gradient: an error if someone differentiates them. */
export function noGradient(name: string, y: Tensor, inputs: readonly Tensor[]): Tensor {
  return record(name, y, inputs, () => {
    throw new Error(`${name} has no gradient; wrap its input in stopGradient() if none is meant`);
  });
}

function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** Adds two gradients of one tensor. Set by the kernels (the engine knows no op). */
let accumulate: (a: Tensor, b: Tensor) => Tensor = () => {
  throw new Error("tape: no kernel to add gradients; import the engine from purigrad's index");
};
export const setAccumulate = (add: typeof accumulate): void => void (accumulate = add);

function backpropagate(tape: Tape, y: Tensor, dy: Tensor): Map<Tensor, Tensor> {
  const grads = new Map<Tensor, Tensor>([[y, dy]]);
  for (const node of tape.nodes.toReversed?.() ?? [...tape.nodes].reverse()) {
    const dOut = grads.get(node.y);
    if (!dOut) continue;
    grads.delete(node.y);
    node.backward(dOut, node.needs).forEach((dx, i) => {
      if (!dx || !node.needs[i]) return;
      const x = node.inputs[i]!;
      if (!sameShape(dx.shape, x.shape)) throw new Error(`${node.name}: the gradient of input ${i} has shape [${dx.shape}], the input [${x.shape}]`);
      const sum = grads.get(x);
      grads.set(x, sum ? accumulate(sum, dx) : dx);
    });
  }
  return grads;
}

/** Runs fn with no tape: what it computes is a constant to any gradient outside. */
export function noGrad<T>(gpu: Engine, fn: () => T): T {
  const outer = gpu.tape;
  gpu.tape = null;
  try {
    return fn();
  } finally {
    gpu.tape = outer;
  }
}

/** The same elements, cut off from the tape. */
export const stopGradient = (x: Tensor): Tensor => x.view(x.shape, 0);

export interface ValueAndGrad<T> {
  value: T;
  grads: Tensor[];
}

/**
 * Runs fn and differentiates its result with respect to each tensor of `wrt`. fn returns a tensor, or an array whose
 * first element is differentiated and whose others are handed through. A result that is not a scalar is summed, as
 * in torch.autograd.grad with grad_outputs of ones; `dy` gives other weights. A tensor that the result does not
 * depend on gets zeros. Everything fn makes and does not return is freed.
 */
export function valueAndGrad<T extends Tensor | readonly Tensor[]>(fn: () => T, wrt: readonly Tensor[], dy?: Tensor): ValueAndGrad<T> {
  const gpu = wrt[0]?.gpu;
  if (!gpu) throw new Error("valueAndGrad: no tensors to differentiate with respect to");
  return gpu.scope(() => {
    const outer = gpu.tape;
    const tape = (gpu.tape = new Tape(wrt));
    let value: T;
    try {
      value = fn();
    } finally {
      gpu.tape = outer;
    }
    const y = (value instanceof Tensor ? value : value[0]) as Tensor;
    if (dy && !sameShape(dy.shape, y.shape)) throw new Error(`valueAndGrad: dy has shape [${dy.shape}], the result [${y.shape}]`);
    const grads = noGrad(gpu, () => backpropagate(tape, y, dy ?? gpu.full(y.shape, 1)));
    return { value, grads: wrt.map((x) => grads.get(x) ?? gpu.zeros(x.shape)) };
  });
}

/** The gradients alone, as torch.autograd.grad. */
export const grad = (fn: () => Tensor, wrt: readonly Tensor[], dy?: Tensor): Tensor[] => valueAndGrad(fn, wrt, dy).grads;


