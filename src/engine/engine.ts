// An engine: one WebGPU device with its pool, pipelines, random numbers, scopes and the tape. Knows no op.

import copySource from "../../shaders/layout/copy.wgsl";
import fillSource from "../../shaders/layout/fill.wgsl";
import type { AdapterChoice } from "./device/adapter.ts";
import { capture, type Captured, type Input, type Recorder, type Tensors } from "./run/capture.ts";
import { Pipelines, type Pipeline } from "./run/pipelines.ts";
import { Generator } from "./random.ts";
import { kernel, packParams, type Constants, type Kernel } from "./run/shader.ts";
import { Storages } from "./memory/scope.ts";
import { Pool, USAGE, type MemoryStats, type Storage } from "./memory/storage.ts";
import { Stream, locate, type Grid } from "./run/stream.ts";
import type { Tape } from "./grad/tape.ts";
import { Tensor, paddedBytes, sizeOf, type DType, type HostArray, type Shape } from "./tensor.ts";
import { Tuner } from "./tuner.ts";

const fillKernel = kernel("shaders/layout/fill.wgsl", fillSource);
const copyKernel = kernel("shaders/layout/copy.wgsl", copySource);

const HOST = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;

/** Workgroups for n threads in a row, `workgroup` threads each, within the limit of 65,535 a dimension. */
export function linearGrid(n: number, workgroup = 64): Grid {
  const groups = Math.max(1, Math.ceil(n / workgroup));
  const x = Math.min(groups, 65535);
  return [x, Math.ceil(groups / x)];
}

/**
 * Grid and workgroup size for kernels whose threads walk over n things in strides of all threads. Against one thing a
 * thread in workgroups of 64 relu took 0.65 of the time on lavapipe and 0.7 on SwiftShader; few things take 64 threads.
 */
export function sweep(n: number): { grid: Grid; WG: number } {
  const WG = n < 1024 ? 64 : 256;
  return { grid: [Math.max(1, Math.min(1024, Math.ceil(n / WG)))], WG };
}

function checkFit(src: Tensor, dst: Tensor): void {
  if (src.size !== dst.size || src.dtype !== dst.dtype) throw new Error(`copy: ${src} does not fit ${dst}`);
}

export class Engine {
  readonly random: Generator;
  readonly tuner: Tuner;
  tape: Tape | null = null;
  recorder: Recorder | null = null;
  private readonly pipelines: Pipelines;
  private readonly stream: Stream;
  private readonly storages: Storages;
  private failure: Error | null = null;
  private closed = false;

  constructor(
    readonly device: GPUDevice,
    /** The adapter's name, kind and one line about the choice. */
    readonly adapter: AdapterChoice,
    seed: number,
  ) {
    this.storages = new Storages(new Pool(device));
    this.pipelines = new Pipelines(device, (error) => (this.failure = error)); // the cause of later ones
    this.stream = new Stream(device);
    this.tuner = new Tuner(this);
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault(); // not printed: the next call throws it
      this.fail(new Error(event.error.message));
    });
    void device.lost.then((info) => !this.closed && this.fail(new Error(`the GPU device was lost (${info.message || info.reason}); nothing computed since can be trusted: start again`)));
    this.random = new Generator(this, seed);
  }

  /** Lanes of a subgroup if the adapter has subgroups of one fixed size, else 0. */
  get subgroupSize(): number {
    const { subgroupMinSize: min, subgroupMaxSize: max } = this.adapter.adapter.info as GPUAdapterInfo & { subgroupMinSize?: number; subgroupMaxSize?: number };
    return this.device.features.has("subgroups" as GPUFeatureName) && min && min === max ? min : 0;
  }

  get pool(): Pool {
    return this.storages.pool;
  }

  /** Bytes and buffers in use. */
  memory(): MemoryStats {
    return { ...this.pool.stats };
  }

  // ---- errors -------------------------------------------------------------------------------------------------

  private fail(error: Error): void {
    this.failure ??= error;
  }

  /** Throws what went wrong on the GPU since the last call. */
  check(): void {
    if (this.closed) throw new Error("this engine is closed; open another with createEngine()");
    if (this.failure) throw this.failure;
  }

  // ---- tensors ------------------------------------------------------------------------------------------------

  /** Memory for a tensor, contents undefined. */
  allocate(shape: Shape, dtype: DType, label: string): Tensor {
    this.check();
    if (shape.some((n) => !Number.isInteger(n) || n < 0)) throw new Error(`${label}: shape [${shape}] has a size that is no whole number`);
    const bytes = paddedBytes(sizeOf(shape));
    const storage = this.recorder ? this.recorder.make(bytes, label) : this.storages.make(bytes, label);
    return new Tensor(this, shape, dtype, storage);
  }

  empty(shape: Shape, dtype: DType = "f32"): Tensor {
    return this.allocate(shape, dtype, "empty");
  }

  /** A tensor from host data, row-major; inside a captured function it is a constant of the recording. */
  tensor(data: HostArray, shape: Shape = [data.length], dtype: DType = "f32"): Tensor {
    if (data.length !== sizeOf(shape)) throw new Error(`tensor: ${data.length} numbers given, shape [${shape}] holds ${sizeOf(shape)}`);
    const recorder = this.recorder;
    this.recorder = null;
    try {
      const t = this.allocate(shape, dtype, "tensor");
      if (recorder) recorder.constants.add(this.keep(t).storage);
      this.write(t, data);
      return t;
    } finally {
      this.recorder = recorder;
    }
  }

  full(shape: Shape, value: number, dtype: DType = "f32"): Tensor {
    const y = this.empty(shape, dtype);
    const bits = new Uint32Array(HOST[dtype].of(value).buffer)[0]!;
    const n4 = y.bytes / 16;
    const { grid, WG } = sweep(n4);
    this.run(fillKernel, { y }, { n4, value: bits }, grid, { WG });
    return y;
  }

  zeros(shape: Shape): Tensor {
    return this.full(shape, 0);
  }

  /** Overwrites t with host data. */
  write(t: Tensor, data: HostArray): void {
    this.check();
    if (data.length !== t.size) throw new Error(`write: ${data.length} numbers given, the tensor has ${t.size}`);
    if (this.recorder) throw new Error("write: host data cannot be written while a capture records; pass it as an input");
    const array = data instanceof HOST[t.dtype] ? data : HOST[t.dtype].from(data);
    const { buffer, offset } = this.home(t, "write");
    this.flush();
    if (array.byteLength > 0) this.device.queue.writeBuffer(buffer, offset, array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
  }

  /** dst = src, element by element. */
  copy(src: Tensor, dst: Tensor): void {
    checkFit(src, dst);
    const n4 = src.bytes / 16;
    const { grid, WG } = sweep(n4);
    this.run(copyKernel, { x: src, y: dst }, { n4 }, grid, { WG });
  }

  /** As copy, into an encoder and not by a kernel. */
  encodeCopy(encoder: GPUCommandEncoder, src: Tensor, dst: Tensor): void {
    checkFit(src, dst);
    const [from, to] = [this.home(src, "copy"), this.home(dst, "copy")];
    if (from.buffer !== to.buffer) encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, src.bytes);
  }

  /** As copy, but while a capture records src simply gets the memory of dst: its kernel then writes there. */
  place(src: Tensor, dst: Tensor): void {
    if (src.storage === dst.storage && src.offset === dst.offset) return;
    if (!this.recorder?.place(src, dst)) this.copy(src, dst);
  }

  /** Frees everything that fn makes, except the tensors it returns (alone, in arrays or as object values). */
  scope<T>(fn: () => T): T {
    return this.recorder ? fn() : this.storages.scope(fn);
  }

  /** Takes t out of the scope: it lives until `dispose()`. */
  keep(t: Tensor): Tensor {
    this.storages.keep(t.storage);
    return t;
  }

  /** Runs fn; the memory that it would have freed stays until `free` is called. */
  withoutFreeing<T>(fn: () => T): { result: T; free: () => void } {
    return this.storages.withoutFreeing(fn);
  }

  /** Frees a tensor's storage, unless a capture uses it. */
  disown(storage: Storage): void {
    this.storages.disown(storage);
  }

  /** Gives up one hold on a storage. */
  release(storage: Storage): void {
    this.storages.release(storage);
  }

  // ---- kernels ------------------------------------------------------------------------------------------------

  /**
   * One dispatch: tensors by the names of the shader's bindings, params by the fields of its params struct, the grid
   * in workgroups, constants by the names of `override`, `const` and `alias` lines.
   */
  run(k: Kernel, tensors: Record<string, Tensor>, params: Record<string, number>, grid: Grid, constants: Constants = {}): void {
    this.check();
    const names = Object.keys(tensors);
    if (names.length !== k.bindings.length || k.bindings.some((b) => !(b.name in tensors)))
      throw new Error(`${k.file}: tensors {${names.join(", ")}} given; the kernel binds {${k.bindings.map((b) => b.name).join(", ")}}`);
    if (grid.some((n) => n! > 65535)) throw new Error(`${k.file}: a grid of ${grid} workgroups; at most 65535 a dimension`);
    if (grid.some((n) => n === 0)) return;
    const ordered = k.bindings.map((b) => tensors[b.name]!);
    ordered.forEach((t) => this.home(t, k.file));
    const call = { pipeline: this.pipeline(k, constants), tensors: ordered, params: k.params && packParams(k, params), grid };
    if (this.recorder) this.recorder.calls.push(call);
    else this.stream.push(call);
  }

  /** The pipeline of a kernel with these constants, made once. */
  pipeline(k: Kernel, constants: Constants): Pipeline {
    return this.pipelines.get(k, constants);
  }

  /** Number of pipelines made so far. */
  get pipelineCount(): number {
    return this.pipelines.count;
  }

  /** The tensor's buffer; an error if its memory is gone. */
  private home(t: Tensor, who: string): { buffer: GPUBuffer; offset: number } {
    if (t.gpu !== this) throw new Error(`${who}: ${t} belongs to another engine`);
    if (t.storage.freed) throw new Error(`${who}: ${t} was freed; return it from its scope or keep() it`);
    const { buffer, offset } = locate(t.storage);
    if (!buffer && !this.recorder?.virtual.has(t.storage))
      throw new Error(`${who}: ${t} lives inside a captured function; return it from there to use it outside`);
    return { buffer, offset: offset + t.offset };
  }

  /** Submits what was called so far. */
  flush(): void {
    this.stream.flush();
  }

  /** Records fn at its first call and replays its dispatches at every later one. See capture.ts. */
  capture<In extends Input[], Out>(fn: (...inputs: Tensors<In>) => Out): Captured<In, Out> {
    return capture<In, Out>(this, fn);
  }

  // ---- reading back -------------------------------------------------------------------------------------------

  async read(t: Tensor): Promise<Float32Array | Int32Array | Uint32Array> {
    this.check();
    if (this.recorder) throw new Error("data: nothing can be read while a capture records; return the tensor and read it after the call");
    const { buffer, offset } = this.home(t, "data");
    this.flush();
    return new HOST[t.dtype](await this.readBuffer(buffer, offset, t.size * 4));
  }

  async readBuffer(buffer: GPUBuffer, offset: number, bytes: number): Promise<ArrayBuffer> {
    if (bytes === 0) return new ArrayBuffer(0);
    const staging = this.device.createBuffer({ size: bytes, usage: USAGE.MAP_READ | USAGE.COPY_DST });
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, bytes);
    this.device.queue.submit([encoder.finish()]);
    try {
      await this.adapter.wait(staging.mapAsync(1 /* GPUMapMode.READ */));
    } catch (error) {
      await Promise.resolve();
      this.check();
      throw error;
    }
    await this.pipelines.settle();
    this.check();
    const copy = staging.getMappedRange().slice(0);
    staging.destroy();
    return copy;
  }

  /** Waits until the GPU has done everything that was called. */
  async synchronize(): Promise<void> {
    this.check();
    this.flush();
    await this.adapter.wait(this.device.queue.onSubmittedWorkDone());
    await this.pipelines.settle();
    this.check();
  }

  /** Frees everything of this engine, tensors and captures included. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.stream.close();
    this.pool.trim();
    this.device.destroy();
    this.adapter.release();
  }
}
