// What runs: a `Call` is one dispatch with its buffers. The eager stream gathers calls in one compute pass and submits
// it when something is read back, when data is uploaded, or after MAX_CALLS.

import type { Pipeline } from "./pipelines.ts";
import { USAGE, type Storage } from "../memory/storage.ts";
import type { Tensor } from "../tensor.ts";

export type Grid = readonly [number, number?, number?];

export interface Call {
  pipeline: Pipeline;
  /** In the order of the kernel's bindings. */
  tensors: Tensor[];
  params: ArrayBuffer | null;
  grid: Grid;
}

const MAX_CALLS = 128;
const SLOT = 256; // minUniformBufferOffsetAlignment is at most this

/** The storage that has the bytes of this one. */
export const homeOf = (storage: Storage): Storage => (storage.placed ? homeOf(storage.placed.storage) : storage);

/** Where a storage's bytes are: its own buffer or, when placed by a capture, a slice of another's. */
export function locate(storage: Storage): { buffer: GPUBuffer; offset: number } {
  if (storage.placed) {
    const home = locate(storage.placed.storage);
    return { buffer: home.buffer, offset: home.offset + storage.placed.offset };
  }
  return { buffer: storage.buffer!, offset: 0 };
}

export function bindGroup(device: GPUDevice, call: Call, uniforms: GPUBuffer, slot: number): GPUBindGroup {
  const { kernel, layout } = call.pipeline;
  const entries: GPUBindGroupEntry[] = kernel.bindings.map((b, i) => {
    const t = call.tensors[i]!;
    const { buffer, offset } = locate(t.storage);
    return { binding: b.index, resource: { buffer, offset: offset + t.offset, size: t.bytes } };
  });
  if (kernel.params && call.params)
    entries.push({ binding: kernel.params.index, resource: { buffer: uniforms, offset: slot * SLOT, size: call.params.byteLength } });
  return device.createBindGroup({ label: kernel.file, layout, entries });
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
  return device.createBuffer({ label: "params", size: Math.max(1, slots) * SLOT, usage: USAGE.UNIFORM | USAGE.COPY_DST });
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

  constructor(private readonly device: GPUDevice) {
    this.uniforms = makeUniforms(device, MAX_CALLS);
  }

  push(call: Call): void {
    this.groups.push(bindGroup(this.device, call, this.uniforms, this.calls.length));
    this.calls.push(call);
    if (this.calls.length === MAX_CALLS) this.flush();
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
  }

  close(): void {
    this.calls = [];
    this.groups = [];
    this.uniforms.destroy();
  }
}
