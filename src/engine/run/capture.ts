// Eager to write, recorded to run. `capture(fn)` runs fn once with tensors that have no memory yet and keeps its
// dispatches. A replay writes the inputs and encodes the calls in one compute pass: at most three calls per kernel, no
// buffer made, one submit.

import { checkHostData, describeValue, sameShape, type DType, type HostArray, type Shape } from "../host.ts";
import { Tensor, type Runtime } from "../tensor.ts";
import type { CaptureMemory, Recording } from "./recording.ts";
import type { Profile } from "./profiler.ts";

export type { CaptureMemory } from "./recording.ts";

/** A tensor, or host data with its shape. */
export type Input = Tensor | { data: HostArray; shape: Shape; dtype?: DType };

/** Every input of a captured function is a tensor inside it. */
export type Tensors<In> = { [K in keyof In]: Tensor };

/** A recorded function. Its outputs live in the same tensors after every call: read them before the next one. */
export interface Captured<In extends unknown[], Out> {
  (...inputs: In): Out;
  /**
   * Records the function for these inputs and has the driver compile its kernels side by side, without running it: the
   * first call, which otherwise compiles one kernel after another, then is as fast as any. Throws what that call would.
   */
  prepare(...inputs: In): Promise<void>;
  /** Runs the recorded calls once with a timestamp around each; needs the adapter's `timestamp-query`. */
  profile(): Promise<Profile>;
  /** Number of dispatches a replay makes. */
  readonly dispatches: number;
  readonly memory: CaptureMemory;
  /** Gives back its memory, its outputs included: using one of them afterwards is an error. */
  dispose(): void;
}

/** What was recorded, with the tensors that the caller sees. */
export interface Recorded<Out> {
  recording: Recording;
  inputs: readonly Tensor[];
  outputs: Out;
}

/** The engine as a captured function sees it. */
export interface Studio extends Runtime {
  check(): void;
  flush(): void;
  record<Out>(fn: (...inputs: Tensor[]) => Out, inputs: readonly Input[]): Recorded<Out>;
  /** Throws if the tensor is not this engine's or has no memory. */
  touch(t: Tensor, who: string): void;
  profile(recording: Recording): Promise<Profile>;
}

function checkInput(gpu: Studio, input: unknown, i: number): asserts input is Input {
  if (input instanceof Tensor) return gpu.touch(input, `capture: input ${i}`);
  const { data, shape, dtype = "f32" } = Object(input) as Partial<Exclude<Input, Tensor>>;
  if (!data || !shape) throw new Error(`capture: input ${i} is ${describeValue(input)}; a tensor or {data, shape} is ` +
    `due`);
  checkHostData(`capture: input ${i}`, data, shape, dtype);
}

function checkTarget(input: Input, target: Tensor, i: number): void {
  const dtype = input.dtype ?? "f32";
  if (!sameShape(input.shape, target.shape))
    throw new Error(`capture: an input has shape [${input.shape}], it was recorded with [${target.shape}]; capture ` +
      `the function again for another shape`);
  if (dtype !== target.dtype) throw new Error(`capture: input ${i} is ${dtype}, it was recorded as ${target.dtype}`);
}

class CapturedFunction<In extends Input[], Out> {
  private recorded: Recorded<Out> | null = null;

  constructor(private readonly gpu: Studio, private readonly fn: (...inputs: Tensors<In>) => Out) {}

  /** While another capture records, or somebody differentiates, the function runs as it stands and is part of that. */
  call(inputs: In): Out {
    const { gpu } = this;
    this.checkInputs(inputs);
    if (gpu.recording || gpu.tape) return this.fn(...(inputs.map((x) => this.asTensor(x)) as Tensors<In>));
    const { recording, inputs: targets, outputs } = this.recordedFor(inputs);
    recording.check();
    gpu.flush();
    const write = () => inputs.forEach((x, i) => x instanceof Tensor || gpu.write(targets[i]!, x.data));
    recording.replay(inputs.map((x) => (x instanceof Tensor ? x : null)), targets, write);
    return outputs;
  }

  private checkInputs(inputs: In): void {
    this.gpu.check();
    inputs.forEach((x, i) => checkInput(this.gpu, x, i));
  }

  /** The recording, made at the first call. */
  private recordedFor(inputs: In): Recorded<Out> {
    const recorded = (this.recorded ??= this.gpu.record(this.fn as (...inputs: Tensor[]) => Out, inputs));
    const targets = recorded.inputs;
    if (inputs.length !== targets.length)
      throw new Error(`capture: ${inputs.length} inputs given, ${targets.length} were recorded`);
    inputs.forEach((x, i) => checkTarget(x, targets[i]!, i));
    return recorded;
  }

  async prepare(inputs: In): Promise<void> {
    this.checkInputs(inputs);
    if (this.gpu.recording || this.gpu.tape) throw new Error("prepare: a capture records or somebody differentiates; " +
      "prepare a function outside of both");
    const { recording } = this.recordedFor(inputs);
    await recording.prepare();
    this.gpu.check();
    recording.check();
  }

  private asTensor(x: Input): Tensor {
    return x instanceof Tensor ? x : this.gpu.tensor(x.data, x.shape, x.dtype);
  }

  get(what: string): Recording {
    if (!this.recorded) throw new Error(`capture: ${what} of a function that was never called; call it once first`);
    return this.recorded.recording;
  }

  dispose(): void {
    this.recorded?.recording.dispose();
    this.recorded = null;
  }
}

/** See Engine.capture. */
export function capture<In extends Input[], Out>(gpu: Studio, fn: (...inputs: Tensors<In>) => Out): Captured<In, Out> {
  if (typeof fn !== "function") throw new Error(`capture: ${describeValue(fn)} given; a function of tensors is due`);
  const captured = new CapturedFunction<In, Out>(gpu, fn);
  return Object.defineProperties(((...inputs: In) => captured.call(inputs)) as Captured<In, Out>, {
    dispatches: { get: () => captured.get("dispatches").calls.length },
    memory: { get: () => captured.get("memory").memory },
    prepare: { value: (...inputs: In) => captured.prepare(inputs) },
    profile: { value: () => gpu.profile(captured.get("profile")) },
    dispose: { value: () => captured.dispose() },
  });
}
