// Eager to write, recorded to run. `capture(fn)` runs fn once with tensors that have no memory yet and keeps its
// dispatches; a planner then gives memory to the tensors by their first and last use, so that one that is dead lends
// its buffer to a later one. A replay writes the inputs and encodes the calls in one compute pass: three calls per
// kernel, no buffer made, one submit.

import type { Engine } from "./engine.ts";
import { Storage } from "./storage.ts";
import { bindGroup, encode, makeUniforms, packSlots, type Call } from "./stream.ts";
import { Tensor, type HostArray } from "./tensor.ts";
import { Profile } from "./profiler.ts";

export type Input = Tensor | { data: HostArray; shape: readonly number[]; dtype?: "f32" | "i32" | "u32" };

/** A recorded function. Its outputs live in the same tensors after every call: read them before the next one. */
export interface Captured<In extends unknown[], Out> {
  (...inputs: In): Out;
  /** Runs the recorded calls once with a timestamp around each; needs the adapter's `timestamp-query`. */
  profile(): Promise<Profile>;
  /** Number of dispatches a replay makes. */
  readonly dispatches: number;
  /** Bytes of the buffers that only this capture holds (activations, gradients, inputs). */
  readonly bytes: number;
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

/** First and last call that touch each virtual storage; outputs live for ever. */
function lifetimes(recorder: Recorder, outputs: ReadonlySet<Storage>) {
  const last = new Map<Storage, number>();
  recorder.calls.forEach((call, i) => call.tensors.forEach((t) => recorder.virtual.has(t.storage) && last.set(t.storage, i)));
  outputs.forEach((s) => recorder.virtual.has(s) && last.set(s, Infinity));
  return last;
}

/** Greedy: a storage takes the smallest free buffer of the plan that fits, else a new one from the pool. */
function plan(gpu: Engine, recorder: Recorder, outputs: ReadonlySet<Storage>): GPUBuffer[] {
  const last = lifetimes(recorder, outputs);
  const made: GPUBuffer[] = [];
  const free: GPUBuffer[] = [];
  const need = (storage: Storage) => {
    if (storage.buffer || storage.placed || !recorder.virtual.has(storage)) return;
    const fits = free.filter((b) => b.size >= storage.bytes && b.size <= 2 * storage.bytes + 4096).sort((a, b) => a.size - b.size)[0];
    if (fits) free.splice(free.indexOf(fits), 1);
    else made.push(gpu.pool.take(storage.bytes));
    storage.buffer = fits ?? made.at(-1)!;
  };
  recorder.calls.forEach((call, i) => {
    const storages = [...new Set(call.tensors.map((t) => t.storage))];
    storages.forEach(need);
    storages.forEach((s) => last.get(s) === i && s.buffer && free.push(s.buffer));
  });
  outputs.forEach(need);
  return made;
}

const flatten = (out: unknown): Tensor[] =>
  out instanceof Tensor ? [out] : Array.isArray(out) ? out.flatMap(flatten) : out && typeof out === "object" ? Object.values(out).flatMap(flatten) : [];

class Recording<Out> {
  readonly calls: Call[];
  readonly bytes: number;
  private readonly groups: GPUBindGroup[];
  private readonly uniforms: GPUBuffer;
  private readonly buffers: GPUBuffer[];
  private readonly held: Storage[];

  constructor(private readonly gpu: Engine, recorder: Recorder, readonly inputs: Tensor[], readonly outputs: Out) {
    this.calls = recorder.calls;
    const external = new Set(this.calls.flatMap((c) => c.tensors.map((t) => t.storage)).filter((s) => !recorder.virtual.has(s)));
    recorder.virtual.forEach((s) => s.placed && external.add(s.placed.storage));
    recorder.constants.forEach((s) => external.delete(s));
    external.forEach((s) => s.refs++);
    this.held = [...external, ...recorder.constants, ...inputs.map((t) => t.storage)];
    this.buffers = plan(gpu, recorder, new Set(flatten(outputs).map((t) => t.storage)));
    this.bytes = [...this.buffers.map((b) => b.size), ...inputs.map((t) => t.bytes)].reduce((a, b) => a + b, 0);
    this.uniforms = makeUniforms(gpu.device, this.calls.length);
    gpu.device.queue.writeBuffer(this.uniforms, 0, packSlots(this.calls));
    this.groups = this.calls.map((call, i) => bindGroup(gpu.device, call, this.uniforms, i));
    const visible = new Set(flatten(outputs).map((t) => t.storage));
    recorder.virtual.forEach((s) => visible.has(s) || (s.buffer = null));
  }

  replay(): void {
    const encoder = this.gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let i = 0; i < this.calls.length; i++) encode(pass, this.calls[i]!, this.groups[i]!);
    pass.end();
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

function write(gpu: Engine, input: Input, target: Tensor): void {
  const shape = input.shape;
  if (shape.length !== target.shape.length || shape.some((n, i) => n !== target.shape[i]))
    throw new Error(`capture: an input has shape [${shape}], it was recorded with [${target.shape}]; capture the function again for another shape`);
  if (input instanceof Tensor) gpu.copy(input, target);
  else gpu.write(target, input.data);
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
    inputs.forEach((x, i) => write(gpu, x, recording!.inputs[i]!));
    gpu.flush();
    recording.replay();
    return recording.outputs;
  };
  const recorded = (what: string) => {
    if (!recording) throw new Error(`capture: ${what} of a function that was never called; call it once first`);
    return recording;
  };
  return Object.defineProperties(run as Captured<In, Out>, {
    dispatches: { get: () => recorded("dispatches").calls.length },
    bytes: { get: () => recorded("bytes").bytes },
    profile: { value: () => recorded("profile").profile() },
    dispose: { value: () => (recording?.dispose(), (recording = null)) },
  });
}
