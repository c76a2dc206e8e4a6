// A tensor, and the engine as tensors and ops see it.

import type { AdapterChoice } from "./device/adapter.ts";
import type { MatrixUnit } from "./device/matrix-unit.ts";
import type { Slice, Storage } from "./memory/storage.ts";
import { nest, printed, type NestedNumbers } from "./print.ts";
import type { Grid } from "./run/grid.ts";
import type { Constants, Kernel } from "./run/shader.ts";
import { checkShape, describeValue, sizeOf, type DType, type HostArray, type HostData, type Shape } from "./host.ts";

export { describeValue, sameShape, sizeOf, type DType, type HostArray, type HostData, type Shape } from "./host.ts";

/**
 * dy has y's shape. Returns one gradient per input, of that input's shape; null where there is none. `needs[i]` says
 * whether input i leads to a watched tensor: a backward skips the kernels whose result nobody asked for.
 */
export type Backward = (dy: Tensor, needs: readonly boolean[]) => (Tensor | null)[];

/** One way to compute a heavy call. */
export interface Variant {
  name: string;
  /** Whether the adapter can run it at all. */
  runs(gpu: Runtime): boolean;
  /** Computes the call. */
  launch(): Tensor;
  /** The kernel and constants that it stands for: a measured choice counts as long as these stay. */
  kernel: Kernel;
  constants: Constants;
}

/** A source of random tickets: see random.ts. */
export interface Draws {
  draw(): Tensor;
}

/** How matrix products and convolutions may read their operands: see EngineOptions. */
export type Precision = "f32" | "f16";

/** An open tape: see grad/tape.ts. */
export interface Recordable {
  record(name: string, y: Tensor, inputs: readonly Tensor[], backward: Backward): void;
}

/** What ops and tensors need of their engine. The class Engine implements it. */
export interface Runtime {
  readonly adapter: AdapterChoice;
  readonly device: GPUDevice;
  readonly subgroupSize: number;
  readonly precision: Precision;
  readonly matrixUnit: MatrixUnit | null;
  readonly random: Draws;
  readonly tuner: { launch(op: string, key: string, variants: Variant[]): Tensor };
  /** The innermost open tape, null where nobody differentiates. */
  readonly tape: Recordable | null;
  /** Whether a capture records. */
  readonly recording: boolean;
  empty(shape: Shape, dtype?: DType): Tensor;
  full(shape: Shape, value: number, dtype?: DType): Tensor;
  zeros(shape: Shape, dtype?: DType): Tensor;
  tensor(data: HostData, shape?: Shape, dtype?: DType): Tensor;
  write(t: Tensor, data: HostArray): void;
  copy(src: Tensor, dst: Tensor): void;
  place(src: Tensor, dst: Tensor): void;
  run(k: Kernel, tensors: Record<string, Tensor>, params: Record<string, number>, grid: Grid,
    constants?: Constants): void;
  scope<T>(fn: () => T): T;
  keep(t: Tensor): Tensor;
  dispose(t: Tensor): void;
  read(t: Tensor): Promise<Float32Array | Int32Array | Uint32Array>;
}

/** Groups of four elements that hold a shape: what a vec4 kernel walks. */
export const quadsOf = (shape: Shape): number => paddedBytes(sizeOf(shape)) / 16;

/** Bytes of n elements, rounded up to whole vec4; what lies behind the last element is undefined and never read. */
export const paddedBytes = (n: number): number => Math.max(1, Math.ceil(n / 4)) * 16;

/**
 * A row-major array on the GPU: float32 (or int32, uint32 for labels and indices), 4 bytes an element. A view (see
 * `view`) shares its storage. A tensor lives until its scope ends, `dispose()` is called, its engine is closed, or
 * nobody can reach it any more. The outputs of a captured function belong to it and live until it is disposed.
 */
export class Tensor implements Slice {
  /** @internal */
  constructor(
    /** The engine that it belongs to. */
    readonly gpu: Runtime,
    /** Sizes of the dimensions, [] for a scalar. */
    readonly shape: Shape,
    /** "f32", or "i32" and "u32" for labels and indices. */
    readonly dtype: DType,
    /** @internal */
    readonly storage: Storage,
    /** Where the tensor begins in its storage, in bytes (a multiple of 256). */
    readonly offset = 0,
  ) {}

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Bytes that kernels bind: whole groups of four elements, so that every kernel may load vec4. */
  get bytes(): number {
    return paddedBytes(this.size);
  }

  /**
   * Elements of this tensor under another shape, without a copy; differentiable.
   * @param offset where the view begins, in bytes from the tensor's first element: a multiple of 256
   */
  view(shape: Shape, offset = 0): Tensor {
    checkShape("view", shape);
    if (!Number.isInteger(offset) || offset < 0 || offset % 256 !== 0)
      throw new Error(`view: offset ${describeValue(offset)} given; a multiple of 256 bytes is due`);
    const room = this.size - offset / 4;
    if (sizeOf(shape) > room) throw new Error(`view: [${shape}] at byte ${offset} takes ${sizeOf(shape)} elements, ` +
      `${this} has ${Math.max(0, room)} there`);
    const y = new Tensor(this.gpu, shape, this.dtype, this.storage, this.offset + offset);
    this.gpu.tape?.record("view", y, [this], (dy) => [dy.spread(this.shape, offset)]);
    return y;
  }

  /** The elements of this tensor in a tensor of `shape`, from byte `offset` on, and zeros around them. */
  private spread(shape: Shape, offset: number): Tensor {
    if (this.size === sizeOf(shape)) return this.view(shape);
    const whole = this.gpu.zeros(shape);
    this.gpu.copy(this, whole.view(this.shape, offset));
    return whole;
  }

  /** Copies the elements to the host. */
  data(): Promise<Float32Array>;
  data<T extends Float32Array | Int32Array | Uint32Array>(): Promise<T>;
  data(): Promise<Float32Array | Int32Array | Uint32Array> {
    return this.gpu.read(this);
  }

  /** Copies the elements to the host, as nested arrays; a number for a scalar. */
  async array(): Promise<NestedNumbers> {
    return nest(await this.data(), this.shape);
  }

  /** Prints the elements as PyTorch prints a tensor. */
  async print(): Promise<void> {
    console.log(printed(await this.data(), this.shape));
  }

  /** The one element of a tensor of size 1. */
  async item(): Promise<number> {
    if (this.size !== 1) throw new Error(`item: the tensor has shape [${this.shape}]; only a tensor of one element ` +
      `has an item`);
    return (await this.data())[0]!;
  }

  /**
   * Frees the storage (of all views): any use from now on is an error. Captures that use it keep the bytes until they
   * are disposed. What a captured function owns, such as its outputs, stays: dispose the function instead.
   */
  dispose(): void {
    this.gpu.dispose(this);
  }

  toString(): string {
    return `Tensor ${this.dtype}[${this.shape}]`;
  }

  /** What console.log shows in Node: the elements are on the GPU, and `print()` reads them. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `${this} (on the GPU; await .print() or .data() reads it)`;
  }
}
