// What every dispatch needs: the device with its faults, pipelines, stream and memory, and the checks of a call.
// engine.ts makes of it what users have.

import { collectGarbage } from "#adapter";
import type { AdapterChoice } from "./device/adapter.ts";
import { Faults } from "./device/errors.ts";
import { MATRICES, matrixUnitOf, type MatrixUnit } from "./device/matrix-unit.ts";
import type { Tape } from "./grad/tape.ts";
import { HOST, describeValue } from "./host.ts";
import { Storages } from "./memory/ownership.ts";
import { Pool, type MemoryStats } from "./memory/pool.ts";
import { homeOf, locate } from "./memory/storage.ts";
import { arrange, checkGrid } from "./run/dispatch.ts";
import type { Grid } from "./run/grid.ts";
import { Pipelines } from "./run/pipelines.ts";
import { Readback } from "./run/readback.ts";
import type { Recorder } from "./run/recording.ts";
import { packParams, type Constants, type Kernel } from "./run/shader.ts";
import { Stream, type Call } from "./run/stream.ts";
import { Tensor, type Precision } from "./tensor.ts";

export interface EngineSettings {
  seed: number;
  precision: Precision;
  /** What the pool may keep, in bytes; it keeps up to the most that was live at once where that is more. */
  poolBytes: number;
  /** What tensors and the pool may take together, in bytes. */
  memoryLimit: number;
}

export class Core {
  /** The innermost open tape, null where nobody differentiates. */
  tape: Tape | null = null;
  /** @internal */
  protected recorder: Recorder | null = null;
  /** @internal */
  protected readonly faults: Faults;
  /** @internal */
  protected readonly storages: Storages;
  /** @internal */
  protected closed = false;
  /** @internal */
  protected readonly pipelines: Pipelines;
  /** @internal */
  protected readonly stream: Stream;
  private readonly readback: Readback;
  /** Lanes of a subgroup if the adapter has subgroups of one fixed size, else 0. */
  readonly subgroupSize: number;
  /** Whether matrix products and convolutions may round their operands to half precision. */
  readonly precision: Precision;
  /** The unit of subgroup matrices that this engine uses; null without half precision or without such units. */
  readonly matrixUnit: MatrixUnit | null;

  /** @internal */
  constructor(
    /** The device, for what purigrad does not do; `close()` destroys it. */
    readonly device: GPUDevice,
    /** The adapter's name, kind and one line about the choice. */
    readonly adapter: AdapterChoice,
    { poolBytes, memoryLimit, precision }: EngineSettings,
  ) {
    this.precision = precision;
    this.faults = new Faults(device);
    this.stream = new Stream(device, this.faults);
    this.pipelines = new Pipelines(device, this.faults);
    this.readback = new Readback(device, adapter, this.faults);
    const settings = { poolBytes, memoryLimit, beforeDestroy: () => this.flush(), collect: collectGarbage };
    this.storages = new Storages(new Pool(device, this.faults, settings), collectGarbage);
    const { subgroupMinSize: min, subgroupMaxSize: max } = adapter.adapter.info as GPUAdapterInfo & {
      subgroupMinSize?: number;
      subgroupMaxSize?: number;
    };
    this.subgroupSize = device.features.has("subgroups" as GPUFeatureName) && min && min === max ? min : 0;
    this.matrixUnit = this.subgroupSize > 0 && device.features.has(MATRICES as GPUFeatureName)
      ? matrixUnitOf(adapter.adapter.info) : null;
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

  /** Number of pipelines made so far. */
  get pipelineCount(): number {
    return this.pipelines.count;
  }

  /** Throws, in the name of `who`, unless t is a tensor of this engine whose memory is there and sound. @internal */
  touch(t: Tensor, who: string): void {
    if (!(t instanceof Tensor)) throw new Error(`${who}: ${describeValue(t)} given; a tensor is due`);
    if ((t.gpu as unknown) !== this) throw new Error(`${who}: ${t} belongs to another engine`);
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

  // ---- waiting and reading ----------------------------------------------------------------------------------

  /** Bytes of any buffer, after what was called so far. @internal */
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
}
