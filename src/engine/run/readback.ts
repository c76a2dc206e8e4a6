// Back to the host: bytes of a buffer, and waiting. Nothing counts before the driver has reported all errors.

import type { AdapterChoice } from "../device/adapter.ts";
import type { Faults } from "../device/errors.ts";
import { USAGE } from "../memory/storage.ts";

export class Readback {
  constructor(
    private readonly device: GPUDevice,
    private readonly adapter: AdapterChoice,
    private readonly faults: Faults,
  ) {}

  /** A copy of the bytes, after all that was submitted; `check` throws what went wrong meanwhile. */
  async bytes(buffer: GPUBuffer, offset: number, bytes: number, check: () => void): Promise<ArrayBuffer> {
    if (bytes === 0) return new ArrayBuffer(0);
    const staging = this.device.createBuffer({ label: "read back", size: bytes,
      usage: USAGE.MAP_READ | USAGE.COPY_DST });
    try {
      const encoder = this.device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, offset, staging, 0, bytes);
      this.device.queue.submit([encoder.finish()]);
      await this.settled(staging.mapAsync(1 /* GPUMapMode.READ */), check);
      return staging.getMappedRange().slice(0);
    } finally {
      staging.destroy();
    }
  }

  /** The bytes whenever they are there; nobody waits for them. */
  async later(buffer: GPUBuffer, offset: number, bytes: number): Promise<ArrayBuffer> {
    const staging = this.device.createBuffer({ label: "look", size: bytes, usage: USAGE.MAP_READ | USAGE.COPY_DST });
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, bytes);
    this.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(1 /* GPUMapMode.READ */);
    const copy = staging.getMappedRange().slice(0);
    staging.destroy();
    return copy;
  }

  /** Waits for the GPU and for its reports. */
  private async settled(done: Promise<undefined>, check: () => void): Promise<void> {
    try {
      await this.adapter.wait(done);
    } catch (error) {
      await Promise.resolve();
      check();
      throw error;
    }
    await this.faults.settle();
    check();
  }

  /** Waits until the GPU has done all that was submitted. */
  idle(check: () => void): Promise<void> {
    return this.settled(this.device.queue.onSubmittedWorkDone(), check);
  }
}
