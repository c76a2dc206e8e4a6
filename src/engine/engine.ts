// An engine: one WebGPU device with its memory, pipelines, random numbers and tape. Knows no op.

import copySource from "../../shaders/layout/copy.wgsl";
import fillSource from "../../shaders/layout/fill.wgsl";
import type { AdapterChoice } from "./device/adapter.ts";
import { Core, type EngineSettings } from "./core.ts";
import { homeOf, locate, type Storage } from "./memory/storage.ts";
import { capture, type Captured, type Input, type Recorded, type Studio, type Tensors } from "./run/capture.ts";
import { sweep } from "./run/grid.ts";
import { Profile } from "./run/profiler.ts";
import { Recorder, Recording } from "./run/recording.ts";
import { kernel } from "./run/shader.ts";
import { encode } from "./run/stream.ts";
import { Generator } from "./random.ts";
import { refusePromise, tensorsIn } from "./results.ts";
import { HOST, checkDType, checkHostData, checkShape, describeValue, rowsOf, sizeOf, toTyped, type DType,
  type HostArray, type HostData, type Shape } from "./host.ts";
import { Tensor, paddedBytes } from "./tensor.ts";
import { Tuner } from "./tuner.ts";

export type { EngineSettings } from "./core.ts";
export { linearGrid, sweep } from "./run/grid.ts";

const fillKernel = kernel("shaders/layout/fill.wgsl", fillSource);
const copyKernel = kernel("shaders/layout/copy.wgsl", copySource);

/**
 * One WebGPU device with its memory, pipelines, random numbers and tape: what createEngine gives, and what makes
 * tensors. A tensor of one engine is an error on another.
 */
export class Engine extends Core implements Studio {
  /** Where ops draw their random numbers from, where no other generator is given. */
  readonly random: Generator;
  /** Measures which variant of a heavy op is the fastest on this adapter. */
  readonly tuner: Tuner;

  /** @internal */
  constructor(device: GPUDevice, adapter: AdapterChoice, settings: EngineSettings) {
    super(device, adapter, settings);
    this.tuner = new Tuner(this);
    this.random = new Generator(this, settings.seed);
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

  /** A tensor of zeros. */
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

  /** Runs fn; the memory that it would have freed stays until `free` is called. @internal */
  withoutFreeing<T>(fn: () => T): { result: T; free: () => void } {
    return this.storages.withoutFreeing(fn);
  }

  // ---- captures -----------------------------------------------------------------------------------------------

  /** Records fn at its first call and replays its dispatches at every later one. See run/capture.ts. */
  capture<In extends Input[], Out>(fn: (...inputs: Tensors<In>) => Out): Captured<In, Out> {
    return capture<In, Out>(this, fn);
  }

  /** Runs fn with tensors that have no memory yet; gives back all of it where fn throws. @internal */
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

  /** @internal */
  profile(recording: Recording): Promise<Profile> {
    return Profile.measure(this, recording.calls, (pass, i) => encode(pass, recording.calls[i]!, recording.groups[i]!));
  }

  // ---- reading back -------------------------------------------------------------------------------------------

  /** See Tensor.data. */
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
