// What runs: a `Call` is one dispatch with its buffers. The eager stream gathers calls in one compute pass and submits
// it when something is read back, when data is uploaded, or after MAX_CALLS.

import type { Faults } from "../device/errors.ts";
import { USAGE, homeOf, locate, type Slice } from "../memory/storage.ts";
import type { Grid } from "./grid.ts";
import type { Pipeline } from "./pipelines.ts";
import type { Binding } from "./shader.ts";

export interface Call {
  pipeline: Pipeline;
  bindings: readonly Binding[];
  /** What the kernel binds, in the order of its bindings. */
  slices: readonly Slice[];
  inPlace: string | null;
  params: ArrayBuffer | null;
  grid: Grid;
}

const MAX_CALLS = 128;
const SLOT = 256; // minUniformBufferOffsetAlignment is at most this

/** The slices that a call writes. */
export const written = (call: Call): Slice[] => call.slices.filter((_, i) => call.bindings[i]!.kind === "write");

/** For error messages: the kernel and what it was called with. */
export function describe({ pipeline, bindings, slices }: Call): string {
  return `${pipeline.label} (${bindings.map((b, i) => `${b.name} ${slices[i]}`).join(", ")})`;
}

export function bindGroup(device: GPUDevice, call: Call, uniforms: GPUBuffer, slot: number): GPUBindGroup {
  const { kernel, layout, label } = call.pipeline;
  const entries: GPUBindGroupEntry[] = kernel.bindings.map((b, i) => {
    const t = call.slices[i]!;
    const { buffer, offset } = locate(t.storage);
    return { binding: b.index, resource: { buffer, offset: offset + t.offset, size: t.bytes } };
  });
  if (kernel.params && call.params)
    entries.push({ binding: kernel.params.index,
      resource: { buffer: uniforms, offset: slot * SLOT, size: call.params.byteLength } });
  return device.createBindGroup({ label, layout, entries });
}

export function encode(pass: GPUComputePassEncoder, call: Call, group: GPUBindGroup): void {
  pass.setPipeline(call.pipeline.gpu);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(call.grid[0], call.grid[1] ?? 1, call.grid[2] ?? 1);
}

/** Encodes the calls in one pass; a pipeline that is set already is not set again. */
export function encodeAll(encoder: GPUCommandEncoder, calls: readonly Call[], groups: readonly GPUBindGroup[]): void {
  const pass = encoder.beginComputePass();
  let current: Pipeline | null = null;
  for (let i = 0; i < calls.length; i++) {
    const { pipeline, grid } = calls[i]!;
    if (pipeline !== current) pass.setPipeline((current = pipeline).gpu);
    pass.setBindGroup(0, groups[i]!);
    pass.dispatchWorkgroups(grid[0], grid[1] ?? 1, grid[2] ?? 1);
  }
  pass.end();
}

/** One uniform buffer holds the params of many calls, a slot each. */
export function makeUniforms(device: GPUDevice, slots: number): GPUBuffer {
  return device.createBuffer({ label: "params", size: Math.max(1, slots) * SLOT,
    usage: USAGE.UNIFORM | USAGE.COPY_DST });
}

export function packSlots(calls: readonly { params: ArrayBuffer | null }[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(calls.length * SLOT);
  calls.forEach((call, i) => call.params && bytes.set(new Uint8Array(call.params), i * SLOT));
  return bytes;
}

export class Stream {
  private calls: Call[] = [];
  private groups: GPUBindGroup[] = [];
  private readonly uniforms: GPUBuffer;
  private closeScope: ReturnType<Faults["watch"]> = () => {};

  constructor(private readonly device: GPUDevice, private readonly faults: Faults) {
    this.uniforms = makeUniforms(device, MAX_CALLS);
  }

  /**
   * A pipeline that the driver has not accepted yet runs in a submit of its own: if it is unsound, nothing else is
   * lost.
   */
  push(call: Call): void {
    const alone = call.pipeline.isOnTrial();
    if (alone) this.flush();
    if (this.calls.length === 0) this.closeScope = this.faults.watch("validation");
    this.groups.push(bindGroup(this.device, call, this.uniforms, this.calls.length));
    this.calls.push(call);
    if (alone || this.calls.length === MAX_CALLS) this.flush();
  }

  flush(): void {
    const { calls, groups } = this;
    if (calls.length === 0) return;
    this.calls = [];
    this.groups = [];
    this.device.queue.writeBuffer(this.uniforms, 0, packSlots(calls));
    const encoder = this.device.createCommandEncoder();
    encodeAll(encoder, calls, groups);
    this.device.queue.submit([encoder.finish()]);
    this.closeScope((message) => this.blame(calls, message));
  }

  /** None of the calls was executed: what they should have written counts as wrong. */
  private async blame(calls: readonly Call[], message: string): Promise<void> {
    await Promise.all(calls.map((call) => call.pipeline.judged));
    const reason = calls.find((call) => call.pipeline.fault)?.pipeline.fault;
    const names = [...new Set(calls.map(describe))];
    const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
    const error = reason ?? new Error(`the GPU refused ${names.slice(0, 3).join("; ")}${more}: ${message}`);
    for (const slice of calls.flatMap(written)) homeOf(slice.storage).fault = error;
    if (!reason) this.faults.fail(error);
  }

  close(): void {
    if (this.calls.length > 0) this.closeScope(() => undefined);
    this.calls = [];
    this.groups = [];
    this.uniforms.destroy();
  }
}
