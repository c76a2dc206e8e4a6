// An engine: one WebGPU device with its memory, pipelines, random numbers and tape. Knows no op.

import { collectGarbage } from "#adapter";
import copySource from "../../shaders/layout/copy.wgsl";
import fillSource from "../../shaders/layout/fill.wgsl";
import type { AdapterChoice } from "./device/adapter.ts";
import { Faults } from "./device/errors.ts";
import type { Tape } from "./grad/tape.ts";
import { Storages } from "./memory/ownership.ts";
import { Pool, type MemoryStats } from "./memory/pool.ts";
import { homeOf, locate, type Storage } from "./memory/storage.ts";
import { capture, type Captured, type Input, type Recorded, type Studio, type Tensors } from "./run/capture.ts";
import { arrange, checkGrid } from "./run/dispatch.ts";
import { sweep, type Grid } from "./run/grid.ts";
import { Pipelines, type Pipeline } from "./run/pipelines.ts";
import { Profile } from "./run/profiler.ts";
import { Readback } from "./run/readback.ts";
import { Recorder, Recording } from "./run/recording.ts";
import { kernel, packParams, type Constants, type Kernel } from "./run/shader.ts";
import { Stream, encode, type Call } from "./run/stream.ts";
import { Generator } from "./random.ts";
import { refusePromise, tensorsIn } from "./results.ts";
import { HOST, checkDType, checkHostData, checkShape, describeValue, rowsOf, sizeOf, toTyped, type DType,
  type HostArray, type HostData, type Shape } from "./host.ts";
import { Tensor, paddedBytes } from "./tensor.ts";
import { Tuner } from "./tuner.ts";

export { linearGrid, sweep } from "./run/grid.ts";

const fillKernel = kernel("shaders/layout/fill.wgsl", fillSource);
const copyKernel = kernel("shaders/layout/copy.wgsl", copySource);

export interface EngineSettings {
  seed: number;
  /** What the pool may keep, in bytes; it keeps up to the most that was live at once where that is more. */
  poolBytes: number;
  /** What tensors and the pool may take together, in bytes. */
  memoryLimit: number;
}

export class Engine implements Studio {
  readonly random: Generator;
  readonly tuner: Tuner;
  tape: Tape | null = null;
  private recorder: Recorder | null = null;
  private readonly faults: Faults;
  private readonly pipelines: Pipelines;
  private readonly stream: Stream;
  private readonly storages: Storages;
  private readonly readback: Readback;
  private closed = false;
  /** Lanes of a subgroup if the adapter has subgroups of one fixed size, else 0. */
  readonly subgroupSize: number;

  constructor(
    readonly device: GPUDevice,
    /** The adapter's name, kind and one line about the choice. */
    readonly adapter: AdapterChoice,
    { seed, poolBytes, memoryLimit }: EngineSettings,
  ) {
    this.faults = new Faults(device);
    this.stream = new Stream(device, this.faults);
    this.pipelines = new Pipelines(device, this.faults);
    this.readback = new Readback(device, adapter, this.faults);
    const beforeDestroy = () => this.flush();
    this.storages = new Storages(
      new Pool(device, this.faults, { poolBytes, memoryLimit, beforeDestroy, collect: collectGarbage }),
      collectGarbage,
    );
    const { subgroupMinSize: min, subgroupMaxSize: max } = adapter.adapter.info as GPUAdapterInfo & {
      subgroupMinSize?: number;
      subgroupMaxSize?: number;
    };
    this.subgroupSize = device.features.has("subgroups" as GPUFeatureName) && min && min === max ? min : 0;
    this.tuner = new Tuner(this);
    this.random = new Generator(this, seed);
  }

  /** Bytes and buffers that are live, wait in the pool, and were live at most. */
  memory(): MemoryStats {
    return this.storages.pool.stats;
  }

  /** Destroys the buffers that wait in the pool. */
  trim(): void {
    this.storages.pool.trim();
  }

  /** Whether the device is gone: nothing can be computed on this engine any more. */
  get lost(): boolean {
    return this.faults.lost;
  }

  /** Whether a capture records: nothing is computed now, and nothing can be read. */
  get recording(): boolean {
    return this.recorder !== null;
  }

  /** Throws what went wrong on the GPU since the last call: once, or always where the device is lost. */
  check(): void {
    if (this.closed) throw new Error("this engine is closed; open another with createEngine()");
    this.faults.check();
  }

  // ---- tensors ------------------------------------------------------------------------------------------------

  /** Memory for a tensor, contents undefined. */
  empty(shape: Shape, dtype: DType = "f32"): Tensor {
    return this.allocate("empty", shape, dtype, (bytes) => (this.recorder ?? this.storages).make(bytes, shape, dtype));
  }

  private allocate(who: string, shape: Shape, dtype: DType, make: (bytes: number) => Storage): Tensor {
    this.check();
    checkShape(who, shape);
    checkDType(who, dtype);
    return new Tensor(this, shape, dtype, make(paddedBytes(sizeOf(shape))));
  }

  /**
   * A tensor from a number, from flat or nested arrays of numbers, or from a typed array, row-major. Shape and type are
   * those of the data (Int32Array i32, Uint32Array u32, else f32) unless they are given. Inside a captured function it
   * is a constant of the recording.
   */
  tensor(data: HostData, shape?: Shape, dtype?: DType): Tensor {
    const rows = rowsOf("tensor", data);
    const [size, type] = [shape ?? rows.shape, dtype ?? rows.dtype];
    checkHostData("tensor", rows.values, size, type);
    const { recorder } = this;
    const t = this.allocate("tensor", size, type, (bytes) => {
      if (!recorder) return this.storages.make(bytes, size, type);
      const constant = this.storages.makeRecorded(recorder.keeper, bytes, size, type);
      recorder.constants.add(constant);
      return constant;
    });
    this.upload(t, rows.values);
    return t;
  }

  /** A tensor whose elements are all `value`. */
  full(shape: Shape, value: number, dtype: DType = "f32"): Tensor {
    if (typeof value !== "number") throw new Error(`full: ${describeValue(value)} given as the value; a number is due`);
    const y = this.empty(shape, dtype);
    const bits = new Uint32Array(HOST[dtype].of(value).buffer)[0]!;
    const n4 = y.bytes / 16;
    const { grid, WG } = sweep(n4);
    this.run(fillKernel, { y }, { n4, value: bits }, grid, { WG });
    return y;
  }

  zeros(shape: Shape, dtype: DType = "f32"): Tensor {
    return this.full(shape, 0, dtype);
  }

  /** Overwrites t with host data of its size. */
  write(t: Tensor, data: HostArray): void {
    this.check();
    this.touch(t, "write");
    checkHostData("write", data, t.shape, t.dtype);
    if (this.recorder) throw new Error("write: host data cannot be written while a capture records; pass it as an " +
      "input");
    this.upload(t, data);
  }

  private upload(t: Tensor, data: HostArray): void {
    const array = toTyped(data, t.dtype);
    const { buffer, offset } = locate(t.storage);
    this.flush();
    if (array.byteLength > 0)
      this.device.queue.writeBuffer(buffer, offset + t.offset, array.buffer as ArrayBuffer, array.byteOffset,
        array.byteLength);
  }

  /** dst = src, element by element. */
  copy(src: Tensor, dst: Tensor): void {
    [src, dst].forEach((t) => this.touch(t, "copy"));
    if (src.size !== dst.size || src.dtype !== dst.dtype) throw new Error(`copy: ${src} does not fit ${dst}`);
    if (homeOf(src.storage) === homeOf(dst.storage)) return this.copyWithin(src, dst);
    const n4 = src.bytes / 16;
    const { grid, WG } = sweep(n4);
    this.run(copyKernel, { x: src, y: dst }, { n4 }, grid, { WG });
  }

  /** A dispatch may not read and write one buffer: by way of another one. */
  private copyWithin(src: Tensor, dst: Tensor): void {
    if (src.storage === dst.storage && src.offset === dst.offset) return;
    this.scope(() => {
      const aside = this.empty(src.shape, src.dtype);
      this.copy(src, aside);
      this.copy(aside, dst);
    });
  }

  /**
   * As copy, but while a capture records src simply gets the memory of dst where it can: its kernel then writes there.
   */
  place(src: Tensor, dst: Tensor): void {
    if (!this.recorder?.place(src, dst)) this.copy(src, dst);
  }

  /**
   * Frees everything that fn makes, except the tensors it returns (alone, in arrays or as object values). While a
   * capture records or somebody differentiates, what fn makes is still needed: it is freed with the rest of that.
   */
  scope<T>(fn: () => T): T {
    if (this.recorder || this.tape) return fn();
    return this.storages.scope(fn, (result) => {
      refusePromise("scope", result);
      return new Set(tensorsIn(result).map((t) => t.storage));
    });
  }

  /** Takes t out of the scope: it lives until `dispose()`. */
  keep(t: Tensor): Tensor {
    this.touch(t, "keep");
    this.storages.keep(t.storage);
    return t;
  }

  /** See Tensor.dispose. */
  dispose(t: Tensor): void {
    if (!this.closed) this.storages.dispose(t.storage);
  }

  /** Runs fn; the memory that it would have freed stays until `free` is called. */
  withoutFreeing<T>(fn: () => T): { result: T; free: () => void } {
    return this.storages.withoutFreeing(fn);
  }

  // ---- kernels ------------------------------------------------------------------------------------------------

  /**
   * One dispatch: tensors by the names of the shader's bindings, params by the fields of its params struct, the grid
   * in workgroups, constants by the names of `override`, `const` and `alias` lines.
   */
  run(k: Kernel, tensors: Record<string, Tensor>, params: Record<string, number>, grid: Grid,
    constants: Constants = {}): void {
    this.check();
    const slices = arrange(k, tensors);
    for (const t of slices) this.touch(t, k.file);
    checkGrid(k, grid);
    if (grid.includes(0)) return;
    const packed = k.params && packParams(k, params);
    const call: Call = { pipeline: this.pipelines.get(k, constants), bindings: k.bindings, slices,
      inPlace: k.inPlace?.input ?? null, params: packed, grid };
    this.tape?.launched(k, slices);
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

  /** Throws, in the name of `who`, unless t is a tensor of this engine whose memory is there and sound. */
  touch(t: Tensor, who: string): void {
    if (!(t instanceof Tensor)) throw new Error(`${who}: ${describeValue(t)} given; a tensor is due`);
    if (t.gpu !== this) throw new Error(`${who}: ${t} belongs to another engine`);
    const home = homeOf(t.storage);
    if (t.storage.freed || home.freed) throw new Error(`${who}: ${t} was freed; return it from its scope or keep() ` +
      `it, and copy what a captured function returned before you dispose() that`);
    if (home.fault) throw home.fault;
    if (!home.buffer && !this.recorder?.virtual.has(home))
      throw new Error(`${who}: ${t} lives inside a captured function; return it from there to use it outside`);
  }

  /** Submits what was called so far. */
  flush(): void {
    this.stream.flush();
  }

  // ---- captures -----------------------------------------------------------------------------------------------

  /** Records fn at its first call and replays its dispatches at every later one. See run/capture.ts. */
  capture<In extends Input[], Out>(fn: (...inputs: Tensors<In>) => Out): Captured<In, Out> {
    return capture<In, Out>(this, fn);
  }

  /** Runs fn with tensors that have no memory yet; gives back all of it where fn throws. */
  record<Out>(fn: (...inputs: Tensor[]) => Out, inputs: readonly Input[]): Recorded<Out> {
    this.flush();
    const recorder = new Recorder();
    const own: Tensor[] = [];
    try {
      for (const { shape, dtype = "f32" } of inputs)
        own.push(
          this.allocate("capture", shape, dtype, (bytes) =>
            this.storages.makeRecorded(recorder.keeper, bytes, shape, dtype)),
        );
      this.recorder = recorder;
      const outputs = fn(...own);
      refusePromise("capture", outputs);
      this.recorder = null;
      const recording = this.plan(recorder, own, tensorsIn(outputs));
      return { recording, inputs: own, outputs };
    } catch (error) {
      this.recorder = null;
      this.abandon([...recorder.virtual, ...recorder.constants, ...own.map((t) => t.storage)]);
      throw error;
    }
  }

  private plan(recorder: Recorder, inputs: readonly Tensor[], outputs: readonly Tensor[]): Recording {
    const { device, faults, storages, pipelines } = this;
    const storagesOf = (tensors: readonly Tensor[]) => new Set(tensors.map((t) => t.storage));
    return new Recording({ device, faults, storages, pipelines }, recorder, storagesOf(inputs), storagesOf(outputs));
  }

  private abandon(storages: readonly Storage[]): void {
    storages.filter((s) => !s.freed).forEach((s) => this.storages.free(s));
  }

  profile(recording: Recording): Promise<Profile> {
    return Profile.measure(this, recording.calls, (pass, i) => encode(pass, recording.calls[i]!, recording.groups[i]!));
  }

  // ---- reading back -------------------------------------------------------------------------------------------

  read(t: Tensor): Promise<Float32Array | Int32Array | Uint32Array> {
    if (this.recorder) throw new Error("data: nothing can be read while a capture records; return the tensor and " +
      "read it after the call");
    return this.fetch(t);
  }

  private async fetch(t: Tensor): Promise<Float32Array | Int32Array | Uint32Array> {
    this.check();
    this.touch(t, "data");
    const home = homeOf(t.storage);
    const { buffer, offset } = locate(t.storage);
    const bytes = await this.readBuffer(buffer, offset + t.offset, t.size * 4);
    if (home.fault) throw home.fault;
    return new HOST[t.dtype](bytes);
  }

  /** Bytes of any buffer, after what was called so far. */
  readBuffer(buffer: GPUBuffer, offset: number, bytes: number): Promise<ArrayBuffer> {
    this.flush();
    return this.readback.bytes(buffer, offset, bytes, () => this.check());
  }

  /**
   * Looks at a few numbers once the GPU has made them: what `judge` says of them is thrown by the next read or call.
   * For what a function that returns at once can only know later. Nothing is looked at while a capture records.
   */
  expect(values: Tensor, judge: (values: Float32Array | Int32Array | Uint32Array) => string | null): void {
    this.touch(values, "expect");
    if (this.recorder) return;
    this.flush();
    const { buffer, offset } = locate(values.storage);
    const report = this.readback.later(buffer, offset + values.offset, values.size * 4).then((bytes) => {
      const message = judge(new HOST[values.dtype](bytes));
      if (message) this.faults.fail(new Error(message));
    });
    void this.faults.expect(report);
  }

  /** Waits until the GPU has done everything that was called. */
  async synchronize(): Promise<void> {
    this.check();
    this.flush();
    await this.readback.idle(() => this.check());
  }

  /** Frees everything of this engine, tensors and captures included. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.stream.close();
    this.storages.pool.close();
    this.device.destroy();
  }
}

/** The engine of a tensor, for what lies outside of ops: captures, reading, memory. */
export const engineOf = (t: Tensor): Engine => t.gpu as Engine;
