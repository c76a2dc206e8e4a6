import type { Engine } from "./engine.ts";
import type { Storage } from "./memory/storage.ts";

export type DType = "f32" | "i32" | "u32";
export type Shape = readonly number[];
export type HostArray = Float32Array | Int32Array | Uint32Array | readonly number[];

/** Elements of a shape; 1 for the scalar shape []. */
export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** Groups of four elements that hold a shape: what a vec4 kernel walks. */
export const quadsOf = (shape: Shape): number => paddedBytes(sizeOf(shape)) / 16;

/** Bytes of n elements, rounded up to whole vec4; what lies behind the last element is undefined and never read. */
export const paddedBytes = (n: number): number => Math.max(1, Math.ceil(n / 4)) * 16;

/**
 * A row-major array on the GPU: float32 (or int32, uint32 for labels and indices), 4 bytes an element. A view (see
 * `view`) shares its storage. A tensor lives until its scope ends, `dispose()` is called, or its engine is closed.
 */
export class Tensor {
  constructor(
    readonly gpu: Engine,
    readonly shape: Shape,
    readonly dtype: DType,
    readonly storage: Storage,
    /** Where the tensor begins in its storage, in bytes (a multiple of 256). */
    readonly offset = 0,
  ) {}

  get size(): number {
    return sizeOf(this.shape);
  }

  /** Bytes that kernels bind: whole groups of four elements, so that every kernel may load vec4. */
  get bytes(): number {
    return paddedBytes(this.size);
  }

  /** The same elements under another shape, without a copy and without a gradient (the op `reshape` has one). */
  view(shape: Shape, offset = 0): Tensor {
    return new Tensor(this.gpu, shape, this.dtype, this.storage, this.offset + offset);
  }

  /** Copies the elements to the host. */
  data(): Promise<Float32Array>;
  data<T extends Float32Array | Int32Array | Uint32Array>(): Promise<T>;
  data(): Promise<Float32Array | Int32Array | Uint32Array> {
    return this.gpu.read(this);
  }

  /** The one element of a tensor of size 1. */
  async item(): Promise<number> {
    if (this.size !== 1) throw new Error(`item: the tensor has shape [${this.shape}]; only a tensor of one element has an item`);
    return (await this.data())[0]!;
  }

  /** Frees the storage (of all views). Captures that use it keep it alive until they are disposed. */
  dispose(): void {
    this.gpu.disown(this.storage);
  }

  toString(): string {
    return `Tensor ${this.dtype}[${this.shape}]`;
  }
}
