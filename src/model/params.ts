// The parameters of a network: every named tensor is a view into one flat buffer, so that an optimiser updates all of
// them with one kernel and a checkpoint reads them with one copy.

import { checkShape } from "../engine/host.ts";
import { describeValue, sizeOf, type Runtime, type Shape, type Tensor } from "../engine/tensor.ts";
import { hostRandom } from "./host-random.ts";

/** Shape and first values of one parameter. */
export interface ParameterInit {
  shape: Shape;
  /** "kaiming-uniform" is PyTorch's default: U(-b, b) with b = 1 / sqrt(fanIn), for weights and biases alike. */
  init: "kaiming-uniform" | "zeros" | "ones" | readonly number[] | Float32Array;
  /** Inputs of one output; the product of all sizes but the first by default. */
  fanIn?: number;
}

/** Name -> shape and first values, in the order in which gradients are given to an optimiser. */
export type ParameterSpec = Record<string, ParameterInit>;

/** Named arrays, as in a PyTorch state dict or a safetensors file. */
export type StateDict = Record<string, { dtype: "F32"; shape: number[]; data: Float32Array }>;

/** A state dict as it is read: of any source, before it is checked. */
export type GivenState = Record<string, { shape: Shape; data: ArrayLike<number> }>;

const ALIGN = 64; // elements: a view begins at a multiple of 256 bytes

/**
 * The parameters of a network by name, f32 of the spec's shapes: views into one buffer, which an optimiser updates
 * and a checkpoint reads at once.
 */
export class Parameters {
  readonly tensors: Record<string, Tensor> = {};

  /** `flat` holds the tensors of `shapes` one after the other, each at a multiple of 256 bytes. */
  constructor(
    readonly flat: Tensor,
    private readonly shapes: Record<string, Shape>,
  ) {
    let at = 0;
    for (const [name, shape] of Object.entries(shapes)) {
      this.tensors[name] = flat.view(shape, at * 4);
      at += padded(shape);
    }
  }

  /** All tensors, in the order of the spec. */
  list(): Tensor[] {
    return Object.values(this.tensors);
  }

  get(name: string): Tensor {
    const t = this.tensors[name];
    if (!t) throw new Error(`parameters: no tensor named ${name}; there are ${Object.keys(this.tensors).join(", ")}`);
    return t;
  }

  /** Number of parameters, without the padding between them. */
  get count(): number {
    return this.list().reduce((n, t) => n + t.size, 0);
  }

  /** A zeroed buffer with the same views, for gradients and moments. */
  likeZero(): Parameters {
    const gpu = this.flat.gpu;
    return new Parameters(gpu.keep(gpu.zeros(this.flat.shape)), this.shapes);
  }

  /**
   * Overwrites the parameters, all or none: every name must be there with its shape and finite numbers, and no other.
   */
  load(state: GivenState): void {
    this.checked(state)();
  }

  /** The checks of `load` now, and what overwrites the parameters later: for several parts, all or none. */
  checked(state: GivenState): () => void {
    if (typeof state !== "object" || state === null) throw new Error(`load: ${describeValue(state)} given; an object ` +
      `of named arrays is due`);
    const names = Object.keys(this.tensors);
    const missing = names.find((name) => !state[name]);
    if (missing) throw new Error(`load: ${missing} is missing; the state has ` +
      `${Object.keys(state).join(", ") || "nothing"}`);
    const unknown = Object.keys(state).find((name) => !this.tensors[name]);
    if (unknown) throw new Error(`load: ${unknown} is not a parameter of this network; it has ${names.join(", ")}`);
    const numbers = names.map((name) => {
      const { shape, data } = Object(state[name]) as { shape: Shape; data: ArrayLike<number> };
      const due = this.shapes[name]!;
      if (!Array.isArray(shape) || shape.join() !== due.join()) throw new Error(`load: ${name} has shape [${shape}], ` +
        `[${due}] is due`);
      if (data?.length !== sizeOf(due)) throw new Error(`load: ${name} has ${data?.length ?? "no"} numbers, shape ` +
        `[${due}] holds ${sizeOf(due)}`);
      return finiteNumbers("load", name, data);
    });
    return () => names.forEach((name, i) => this.flat.gpu.write(this.get(name), numbers[i]!));
  }

  /** Copies the parameters to the host. */
  async state(): Promise<StateDict> {
    const flat = await this.flat.data();
    let at = 0;
    return Object.fromEntries(
      Object.entries(this.shapes).map(([name, shape]) => {
        const data = flat.slice(at, at + sizeOf(shape));
        at += padded(shape);
        return [name, { dtype: "F32" as const, shape: [...shape], data }];
      }),
    );
  }

  dispose(): void {
    this.flat.dispose();
  }
}

/** The numbers as float32; an error by name where one is NaN or infinite. */
export function finiteNumbers(op: string, name: string, data: ArrayLike<number>): Float32Array {
  const numbers = Float32Array.from(data);
  const at = numbers.findIndex((v) => !Number.isFinite(v));
  if (at >= 0) throw new Error(`${op}: ${name} holds ${numbers[at]} at element ${at}; weights that are not finite ` +
    `are of no use, load others`);
  return numbers;
}

const padded = (shape: Shape): number => Math.ceil(sizeOf(shape) / ALIGN) * ALIGN;

function initial(name: string, { shape, init, fanIn }: ParameterInit, random: () => number): ArrayLike<number> {
  const n = sizeOf(shape);
  if (init === "zeros") return new Float32Array(n);
  if (init === "ones") return new Float32Array(n).fill(1);
  if (init !== "kaiming-uniform") {
    if (typeof init !== "object" || init === null) throw new Error(`parameters: ${name} has the init ` +
      `${describeValue(init)}; "kaiming-uniform", "zeros", "ones" or numbers are due`);
    if (init.length !== n) throw new Error(`parameters: ${name} has shape [${shape}] of ${n} elements, ` +
      `${init.length} numbers given`);
    return init;
  }
  const bound = 1 / Math.sqrt(fanIn ?? n / shape[0]!);
  return Float32Array.from({ length: n }, () => (2 * random() - 1) * bound);
}

/** New parameters that live until dispose(). Random values come from the host, the same for a seed on every machine. */
export function makeParameters(gpu: Runtime, spec: ParameterSpec, seed: number): Parameters {
  if (!Number.isSafeInteger(seed)) throw new Error(`parameters: the seed is ${describeValue(seed)}; a whole number ` +
    `is due`);
  if (typeof spec !== "object" || spec === null || Object.keys(spec).length === 0) throw new Error("parameters: the " +
    "spec names no tensor; { name: { shape, init } } is due");
  for (const [name, entry] of Object.entries(spec)) checkShape(`parameters: ${name}`, Object(entry).shape);
  const random = hostRandom(seed);
  const total = Object.values(spec).reduce((n, { shape }) => n + padded(shape), 0);
  const values = new Float32Array(total);
  let at = 0;
  for (const [name, entry] of Object.entries(spec)) {
    values.set(initial(name, entry, random), at);
    at += padded(entry.shape);
  }
  const shapes = Object.fromEntries(Object.entries(spec).map(([name, { shape }]) => [name, shape]));
  return new Parameters(gpu.keep(gpu.tensor(values)), shapes);
}
