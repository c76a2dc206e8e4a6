// The pool keeps GPU buffers by size class and hands them out again. Queue order makes reuse safe at once: what still
// reads the old contents was submitted earlier.

import type { Faults } from "../device/errors.ts";
import { STORAGE_USAGE, type Storage } from "./storage.ts";

/** An engine's memory now and at most. */
export interface MemoryStats {
  /** Bytes and number of buffers that tensors or captures hold now. */
  liveBytes: number;
  liveBuffers: number;
  /**
   * What the garbage collector gave back since the engine was opened: tensors and captures that nobody disposed of.
   * Work that disposes of all it makes leaves liveBuffers + collectedBuffers as it was, whenever the collector runs.
   */
  collectedBytes: number;
  collectedBuffers: number;
  /** Bytes that wait in the pool to be used again; never more than `pooledLimit`. */
  pooledBytes: number;
  /** The most that the pool keeps: `poolBytes` of createEngine, or `peakBytes` where that is more. */
  pooledLimit: number;
  /** The most bytes that were live at one time. */
  peakBytes: number;
  /** Storage buffers created since the engine was opened. */
  buffersMade: number;
}

export interface PoolOptions {
  /** What the pool may keep at least, in bytes. */
  poolBytes: number;
  /** What live and pooled buffers may take together, in bytes. */
  memoryLimit: number;
  /** Called before buffers are destroyed: what was called and not submitted may still bind them. */
  beforeDestroy: () => void;
  /** Called where memory is short: frees what nobody can reach, if the platform has a way. */
  collect: () => void;
}

/** Rounds up to one of sixteen steps between powers of two: at most 6 % of a buffer is unused. */
export function sizeClass(bytes: number): number {
  const least = Math.max(bytes, 256);
  const step = 2 ** Math.max(4, Math.floor(Math.log2(least)) - 4);
  return Math.ceil(least / step) * step;
}

export class Pool {
  private readonly free = new Map<number, GPUBuffer[]>();
  /** The buffers of `free`, the one that waits the longest first. */
  private readonly waiting = new Set<GPUBuffer>();
  /** Buffers that the driver had no memory for. */
  private readonly hollow = new WeakSet<GPUBuffer>();
  private closed = false;
  private readonly counts = { liveBytes: 0, liveBuffers: 0, collectedBytes: 0, collectedBuffers: 0, pooledBytes: 0,
    peakBytes: 0, buffersMade: 0 };

  private readonly largest: number;

  constructor(private readonly device: GPUDevice, private readonly faults: Faults,
    private readonly options: PoolOptions) {
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    this.largest = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  }

  get stats(): MemoryStats {
    return { ...this.counts, pooledLimit: this.limit };
  }

  private get limit(): number {
    return Math.max(this.options.poolBytes, this.counts.peakBytes);
  }

  /** A buffer for the storage's bytes, with undefined contents. */
  take(storage: Storage): GPUBuffer {
    const size = Math.min(sizeClass(storage.bytes), this.largest);
    const buffer = this.reuse(size) ?? this.make(storage, size);
    const { counts } = this;
    counts.liveBytes += buffer.size;
    counts.liveBuffers++;
    counts.peakBytes = Math.max(counts.peakBytes, counts.liveBytes);
    return buffer;
  }

  private reuse(size: number): GPUBuffer | undefined {
    const buffer = this.free.get(size)?.pop();
    if (!buffer) return undefined;
    this.waiting.delete(buffer);
    this.counts.pooledBytes -= size;
    return buffer;
  }

  private make(storage: Storage, size: number): GPUBuffer {
    if (storage.bytes > this.largest) throw this.shortage(storage, `the largest buffer of this adapter has ` +
      `${this.largest} bytes`);
    this.makeRoom(storage, size);
    const close = this.faults.watch("out-of-memory");
    const buffer = this.device.createBuffer({ label: storage.label, size, usage: STORAGE_USAGE });
    close(() => {
      this.hollow.add(buffer);
      storage.fault = this.shortage(storage, "the driver has no more");
      this.faults.fail(storage.fault);
    });
    this.counts.buffersMade++;
    return buffer;
  }

  /** Where the limit is near: what is pooled goes, then what nobody can reach. */
  private makeRoom(storage: Storage, size: number): void {
    const { counts, options } = this;
    if (counts.liveBytes + counts.pooledBytes + size <= options.memoryLimit) return;
    this.trim();
    if (counts.liveBytes + size <= options.memoryLimit) return;
    options.collect();
    throw this.shortage(storage, `the limit is ${options.memoryLimit} bytes`);
  }

  private shortage({ label, bytes }: Storage, why: string): Error {
    const { liveBytes, pooledBytes } = this.counts;
    return new Error(
      `out of memory: ${label} asks for ${bytes} bytes where ${liveBytes} are live and ${pooledBytes} pooled, ` +
      `and ${why}; ` +
        `use a smaller batch, or free tensors with scope() or dispose() and go on`,
    );
  }

  /** Takes a buffer back. */
  give(buffer: GPUBuffer): void {
    const { counts } = this;
    counts.liveBytes -= buffer.size;
    counts.liveBuffers--;
    if (this.closed || this.hollow.has(buffer)) return buffer.destroy();
    const list = this.free.get(buffer.size);
    if (list) list.push(buffer);
    else this.free.set(buffer.size, [buffer]);
    this.waiting.add(buffer);
    counts.pooledBytes += buffer.size;
    if (counts.pooledBytes > this.limit) this.shrinkTo(this.limit);
  }

  /** Runs fn, which gives back what the garbage collector found. */
  collected(fn: () => void): void {
    const { counts } = this;
    const { liveBytes, liveBuffers } = counts;
    fn();
    counts.collectedBytes += liveBytes - counts.liveBytes;
    counts.collectedBuffers += liveBuffers - counts.liveBuffers;
  }

  /** Destroys everything that waits in the pool. */
  trim(): void {
    this.shrinkTo(0);
  }

  private shrinkTo(bytes: number): void {
    this.options.beforeDestroy();
    for (const buffer of this.waiting) {
      if (this.counts.pooledBytes <= bytes) return;
      this.waiting.delete(buffer);
      this.free.get(buffer.size)!.shift(); // of one size, too, the one that waits the longest stands first
      this.counts.pooledBytes -= buffer.size;
      buffer.destroy();
    }
  }

  close(): void {
    this.closed = true;
    this.trim();
  }
}
