// Eager to write, recorded to run. `capture(fn)` runs fn once with tensors that have no memory yet and keeps its
// dispatches; plan.ts leaves out those that nobody needs and lets tensors share buffers by their first and last use. A
// replay writes the inputs and encodes the calls in one compute pass: at most three calls per kernel, no buffer made,
// one submit.

import type { Engine } from "../engine.ts";
import { lifetimes, liveCalls, peakBytes, share, workInPlace } from "../memory/plan.ts";
import { Storage } from "../memory/storage.ts";
import { bindGroup, encode, encodeAll, homeOf, makeUniforms, packSlots, type Call } from "./stream.ts";
import { Tensor, type HostArray } from "../tensor.ts";
import { Profile } from "./profiler.ts";

export type Input = Tensor | { data: HostArray; shape: readonly number[]; dtype?: "f32" | "i32" | "u32" };

/** Bytes of a capture. */
export interface CaptureMemory {
  /** Of the buffers that only this capture holds: activations, gradients, inputs, outputs. */
  own: number;
  /** The most that its own tensors take at one time: what any plan would need. */
  peak: number;
  /** Of the buffers that it uses and others hold: parameters, an optimiser's moments, data. */
  shared: number;
}

/** A recorded function. Its outputs live in the same tensors after every call: read them before the next one. */
export interface Captured<In extends unknown[], Out> {
  (...inputs: In): Out;
  /** Runs the recorded calls once with a timestamp around each; needs the adapter's `timestamp-query`. */
  profile(): Promise<Profile>;
  /** Number of dispatches a replay makes. */
  readonly dispatches: number;
  readonly memory: CaptureMemory;
  /** Gives back its memory. */
  dispose(): void;
}

/** Collects calls while fn runs. Storages made meanwhile are virtual: they get their memory from `plan`. */
export class Recorder {
  readonly calls: Call[] = [];
  readonly virtual = new Set<Storage>();
  /** Storages with memory that was uploaded inside the captured function: constants of the recording. */
  readonly constants = new Set<Storage>();

  make(bytes: number, label: string): Storage {
    const storage = new Storage(bytes, label);
    this.virtual.add(storage);
    return storage;
  }

  /** Gives `src` the memory of `dst` if nothing but this recording knows `src`; false where a copy is needed. */
  place(src: Tensor, dst: Tensor): boolean {
    const whole = src.offset === 0 && src.storage.bytes === src.bytes && src.bytes === dst.bytes;
    if (!whole || src.storage.placed || !this.virtual.has(src.storage) || this.virtual.has(dst.storage)) return false;
    src.storage.placed = { storage: dst.storage, offset: dst.offset };
    return true;
  }
}

const flatten = (out: unknown): Tensor[] =>
  out instanceof Tensor ? [out] : Array.isArray(out) ? out.flatMap(flatten) : out && typeof out === "object" ? Object.values(out).flatMap(flatten) : [];

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

class Recording<Out> {
  readonly calls: Call[];
  readonly memory: CaptureMemory;
  private readonly groups: GPUBindGroup[];
  private readonly uniforms: GPUBuffer;
  private readonly buffers: GPUBuffer[];
  private readonly held: Storage[];

  constructor(private readonly gpu: Engine, recorder: Recorder, readonly inputs: Tensor[], readonly outputs: Out) {
    const { virtual, constants } = recorder;
    const visible = new Set(flatten(outputs).map((t) => t.storage));
    const live = liveCalls(recorder.calls, virtual, visible);
    const lives = lifetimes(live, virtual, visible);
    this.calls = workInPlace(live, lives, (k, constants) => gpu.pipeline(k, constants));
    const own = new Set([...virtual, ...constants, ...inputs.map((t) => t.storage)]);
    const shared = new Set(this.calls.flatMap((c) => c.tensors.map((t) => homeOf(t.storage))).filter((s) => !own.has(s)));
    shared.forEach((s) => s.refs++);
    this.held = [...shared, ...constants, ...inputs.map((t) => t.storage)];
    this.buffers = share(lives.values()).map((group) => {
      const buffer = gpu.pool.take(group[0]!.storage.bytes);
      group.forEach(({ storage }) => (storage.buffer = buffer));
      return buffer;
    });
    const given = sum([...own].filter((s) => !virtual.has(s)).map((s) => s.bytes));
    this.memory = { own: given + sum(this.buffers.map((b) => b.size)), peak: given + peakBytes(lives.values()), shared: sum([...shared].map((s) => s.bytes)) };
    this.uniforms = makeUniforms(gpu.device, this.calls.length);
    gpu.device.queue.writeBuffer(this.uniforms, 0, packSlots(this.calls));
    this.groups = this.calls.map((call, i) => bindGroup(gpu.device, call, this.uniforms, i));
    virtual.forEach((s) => visible.has(s) || (s.buffer = null));
  }

  /** One submit: the copies of the inputs that are tensors, then the calls. Host arrays were written to the queue before. */
  replay(inputs: readonly Input[]): void {
    const encoder = this.gpu.device.createCommandEncoder();
    inputs.forEach((x, i) => x instanceof Tensor && this.gpu.encodeCopy(encoder, x, this.inputs[i]!));
    encodeAll(encoder, this.calls, this.groups);
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  async profile(): Promise<Profile> {
    return Profile.measure(this.gpu, this.calls, (pass, i) => encode(pass, this.calls[i]!, this.groups[i]!));
  }

  dispose(): void {
    this.uniforms.destroy();
    this.buffers.forEach((b) => this.gpu.pool.give(b));
    this.held.forEach((s) => this.gpu.release(s));
  }
}

function checkShape(input: Input, target: Tensor): void {
  const shape = input.shape;
  if (shape.length !== target.shape.length || shape.some((n, i) => n !== target.shape[i]))
    throw new Error(`capture: an input has shape [${shape}], it was recorded with [${target.shape}]; capture the function again for another shape`);
}

export function record<In extends Input[], Out>(gpu: Engine, fn: (...inputs: Tensors<In>) => Out, inputs: In): Recording<Out> {
  if (gpu.recorder) throw new Error("capture: a captured function was called while another one is being recorded; call the plain function there");
  const own = inputs.map((x) => gpu.keep(gpu.allocate(x.shape, x.dtype ?? "f32", "capture input")));
  const recorder = (gpu.recorder = new Recorder());
  try {
    const outputs = fn(...(own as Tensors<In>));
    return new Recording(gpu, recorder, own, outputs);
  } catch (error) {
    own.forEach((t) => t.dispose());
    recorder.constants.forEach((s) => gpu.release(s));
    throw error;
  } finally {
    gpu.recorder = null;
  }
}

/** Every input of a captured function is a tensor inside it. */
export type Tensors<In> = { [K in keyof In]: Tensor };

export function capture<In extends Input[], Out>(gpu: Engine, fn: (...inputs: Tensors<In>) => Out): Captured<In, Out> {
  let recording: Recording<Out> | null = null;
  const run = (...inputs: In): Out => {
    gpu.check();
    recording ??= record(gpu, fn, inputs);
    if (inputs.length !== recording.inputs.length) throw new Error(`capture: ${inputs.length} inputs given, ${recording.inputs.length} were recorded`);
    const targets = recording.inputs;
    inputs.forEach((x, i) => checkShape(x, targets[i]!));
    gpu.flush();
    inputs.forEach((x, i) => x instanceof Tensor || gpu.write(targets[i]!, x.data));
    recording.replay(inputs);
    return recording.outputs;
  };
  const recorded = (what: string) => {
    if (!recording) throw new Error(`capture: ${what} of a function that was never called; call it once first`);
    return recording;
  };
  return Object.defineProperties(run as Captured<In, Out>, {
    dispatches: { get: () => recorded("dispatches").calls.length },
    memory: { get: () => recorded("memory").memory },
    profile: { value: () => recorded("profile").profile() },
    dispose: { value: () => (recording?.dispose(), (recording = null)) },
  });
}
