// A recording: the dispatches of a captured function with their memory. plan.ts leaves out those that nobody needs and
// lets tensors share buffers by their first and last use.

import { lifetimes, liveCalls, peakBytes, share, workInPlace } from "../memory/plan.ts";
import type { Faults } from "../device/errors.ts";
import type { Storages } from "../memory/ownership.ts";
import { Keeper, Storage, homeOf, locate, type Slice } from "../memory/storage.ts";
import type { Pipeline, Pipelines } from "./pipelines.ts";
import { bindGroup, encodeAll, makeUniforms, packSlots, type Call } from "./stream.ts";

/** Bytes of a capture. */
export interface CaptureMemory {
  /** Of the buffers that only this capture holds: activations, gradients, inputs, outputs. */
  own: number;
  /** The most that its own tensors take at one time: what any plan would need. */
  peak: number;
  /** Of the buffers that it uses and others hold: parameters, an optimiser's moments, data. */
  shared: number;
}

/** Collects calls while a function runs. Storages made meanwhile are virtual: they get their memory from the plan. */
export class Recorder {
  readonly keeper = new Keeper();
  readonly calls: Call[] = [];
  readonly virtual = new Set<Storage>();
  /** Storages with memory that was uploaded inside the captured function: constants of the recording. */
  readonly constants = new Set<Storage>();

  make(bytes: number, shape: readonly number[], dtype: string): Storage {
    const storage = new Storage(bytes, shape, dtype);
    storage.owner = this.keeper;
    this.virtual.add(storage);
    return storage;
  }

  /**
   * Gives `src` the memory of `dst`, so that its kernel writes there. False where a copy is needed: where others know
   * `src`, where a call would bind dst's buffer twice, and where dst's old contents are used after src was written.
   */
  place(src: Slice, dst: Slice): boolean {
    const whole = src.offset === 0 && src.storage.bytes === src.bytes && src.bytes === dst.bytes;
    if (!whole || src.storage.placed || !this.virtual.has(src.storage) || this.virtual.has(homeOf(dst.storage)))
      return false;
    if (this.collides(src.storage, dst)) return false;
    src.storage.placed = { storage: dst.storage, offset: dst.offset };
    return true;
  }

  private collides(src: Storage, dst: Slice): boolean {
    const home = homeOf(dst.storage);
    const first = this.calls.findIndex(({ slices }) => slices.some((s) => s.storage === src));
    return this.calls.slice(Math.max(0, first)).some(({ slices }) => {
      const shares = slices.filter((s) => s.storage !== src && homeOf(s.storage) === home);
      return shares.some((s) => !s.storage.placed) || (shares.length > 0 && slices.some((s) => s.storage === src));
    });
  }
}

/**
 * What a recording holds on the GPU. It knows none of the recording's own storages, or they were reachable for ever.
 */
class Holdings {
  readonly buffers: GPUBuffer[] = [];
  readonly shared = new Set<Storage>();
  uniforms: GPUBuffer | null = null;

  constructor(readonly storages: Storages) {}

  giveBack(): void {
    this.uniforms?.destroy();
    this.uniforms = null;
    this.buffers.splice(0).forEach((buffer) => this.storages.pool.give(buffer));
    this.shared.forEach((s) => this.storages.unbind(s));
    this.shared.clear();
  }
}

/** Gives back what a captured function holds when nobody can reach it, nor any of its outputs. */
const forgotten = new FinalizationRegistry<Holdings>((holdings) =>
  holdings.storages.pool.collected(() => holdings.giveBack())
);

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

/** What a recording needs of the engine. */
export interface Workshop {
  device: GPUDevice;
  faults: Faults;
  storages: Storages;
  pipelines: Pipelines;
}

export class Recording {
  readonly calls: readonly Call[];
  readonly groups: readonly GPUBindGroup[];
  readonly memory: CaptureMemory;
  private readonly holdings: Holdings;
  private readonly keeper: Keeper;
  private readonly owned: ReadonlySet<Storage>;
  private readonly unproven: Set<Pipeline>;

  /** `inputs` and `outputs` are the storages that the caller sees. Gives back all that was recorded if it fails. */
  constructor(private readonly shop: Workshop, recorder: Recorder, private readonly inputs: ReadonlySet<Storage>,
    outputs: ReadonlySet<Storage>) {
    const { virtual, constants } = recorder;
    this.keeper = recorder.keeper;
    this.owned = new Set([...virtual, ...constants, ...inputs]);
    this.holdings = new Holdings(shop.storages);
    [...constants, ...inputs].forEach((s) => this.holdings.buffers.push(s.buffer!));
    try {
      const live = liveCalls(recorder.calls, virtual, outputs);
      const lives = lifetimes(live, virtual, outputs);
      this.calls = workInPlace(live, lives, (call, input) => this.inPlace(call, input));
      this.bindShared();
      share(lives.values()).forEach((group) => this.allocate(group.map(({ storage }) => storage)));
      this.memory = this.measure(sum([...constants, ...inputs].map((s) => s.bytes)) + peakBytes(lives.values()));
      this.groups = this.bindAll();
    } catch (error) {
      this.dispose();
      throw error;
    }
    this.unproven = new Set(this.calls.map((call) => call.pipeline));
    virtual.forEach((s) => outputs.has(s) || (s.buffer = null));
    forgotten.register(this.keeper, this.holdings, this.holdings);
  }

  private inPlace(call: Call, input: number): Call {
    const without = <T>(list: readonly T[]) => list.filter((_, i) => i !== input);
    const pipeline = this.shop.pipelines.get(call.pipeline.kernel.inPlace!.kernel, call.pipeline.constants);
    return { ...call, pipeline, bindings: without(call.bindings), slices: without(call.slices) };
  }

  private bindShared(): void {
    const { owned } = this;
    const { shared } = this.holdings;
    for (const { slices } of this.calls)
      for (const { storage } of slices) {
        const home = homeOf(storage);
        if (owned.has(home) || shared.has(home)) continue;
        shared.add(home);
        this.shop.storages.bind(home);
      }
  }

  private allocate(group: readonly Storage[]): void {
    const buffer = this.shop.storages.pool.take(group[0]!);
    this.holdings.buffers.push(buffer);
    group.forEach((storage) => (storage.buffer = buffer));
  }

  private measure(peak: number): CaptureMemory {
    const { shared, buffers } = this.holdings;
    return { own: sum(buffers.map((b) => b.size)), peak, shared: sum([...shared].map((s) => s.bytes)) };
  }

  private bindAll(): GPUBindGroup[] {
    const { device } = this.shop;
    const uniforms = (this.holdings.uniforms = makeUniforms(device, this.calls.length));
    device.queue.writeBuffer(uniforms, 0, packSlots(this.calls));
    return this.calls.map((call, i) => bindGroup(device, call, uniforms, i));
  }

  /** Has the driver make all its pipelines, side by side where it can. */
  async prepare(): Promise<void> {
    await Promise.all([...this.unproven].map((pipeline) => pipeline.prepare()));
  }

  /** Throws if the driver has refused one of its pipelines. */
  check(): void {
    for (const pipeline of this.unproven) {
      if (pipeline.fault) throw pipeline.fault;
      if (pipeline.accepted) this.unproven.delete(pipeline);
    }
  }

  /**
   * One submit: the copies of the inputs that are tensors, then the calls. `write` puts the other inputs there. Inputs
   * that lie in this recording's own inputs (its outputs may) are taken aside before anything is overwritten.
   */
  replay(sources: readonly (Slice | null)[], targets: readonly Slice[], write: () => void): void {
    const { device, storages } = this.shop;
    const stays = (s: Slice, i: number) => s.storage === targets[i]!.storage && s.offset === targets[i]!.offset;
    const moved = sources.map((s,
      i) => (s && this.inputs.has(homeOf(s.storage)) && !stays(s, i) ? this.takeAside(s) : s)
    );
    write();
    const close = this.unproven.size > 0 ? this.shop.faults.watch("validation") : null;
    const encoder = device.createCommandEncoder();
    moved.forEach((source, i) => source && encodeCopy(encoder, source, targets[i]!));
    encodeAll(encoder, this.calls, this.groups);
    device.queue.submit([encoder.finish()]);
    close?.((message) => this.blame(message));
    moved.forEach((source, i) => source && source !== sources[i] && storages.free(source.storage));
  }

  /** The pipelines' own faults explain it better. */
  private async blame(message: string): Promise<void> {
    await Promise.all(this.calls.map(({ pipeline }) => pipeline.judged));
    if (!this.calls.some(({ pipeline }) => pipeline.fault)) this.shop.faults.fail(new Error(`the GPU refused a ` +
      `captured function: ${message}`));
  }

  private takeAside(source: Slice): Slice {
    const { device, storages } = this.shop;
    const copy = { storage: storages.makeRecorded(this.keeper, source.bytes, [source.bytes / 4], "f32"), offset: 0,
      bytes: source.bytes };
    const encoder = device.createCommandEncoder();
    encodeCopy(encoder, source, copy);
    device.queue.submit([encoder.finish()]);
    return copy;
  }

  dispose(): void {
    forgotten.unregister(this.holdings);
    this.owned.forEach((s) => ((s.owner = "nobody"), (s.buffer = null)));
    this.holdings.giveBack();
  }
}

/** Copies the bytes of one slice to another of the same size; a slice onto itself is left alone. */
function encodeCopy(encoder: GPUCommandEncoder, src: Slice, dst: Slice): void {
  const [from, to] = [locate(src.storage), locate(dst.storage)];
  if (from.buffer === to.buffer && from.offset + src.offset === to.offset + dst.offset) return;
  encoder.copyBufferToBuffer(from.buffer, from.offset + src.offset, to.buffer, to.offset + dst.offset, src.bytes);
}
