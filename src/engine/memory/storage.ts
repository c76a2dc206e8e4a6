// Memory: a Storage is the bytes behind one or more tensors; the pool keeps GPU buffers by size class and hands them
// out again. Queue order makes reuse safe at once: what still reads the old contents was submitted earlier.

/** Bytes behind tensors. `buffer` is null while a capture records: its planner decides later where the bytes live. */
export class Storage {
  buffer: GPUBuffer | null = null;
  /** Holders: its owner (a scope, or whoever keeps the tensor) and every capture that uses it. */
  refs = 1;
  /** Whether the owner still holds it. */
  owned = true;
  /** Set by `place` in a capture: this storage is a slice of another one. */
  placed: { storage: Storage; offset: number } | null = null;

  constructor(readonly bytes: number, readonly label: string) {}

  get freed(): boolean {
    return this.refs <= 0;
  }
}

/** Rounds up to one of sixteen steps between powers of two: at most 6 % of a buffer is unused. */
export function sizeClass(bytes: number): number {
  const least = Math.max(bytes, 256);
  const step = 2 ** Math.max(4, Math.floor(Math.log2(least)) - 4);
  return Math.ceil(least / step) * step;
}

export interface MemoryStats {
  /** Bytes and number of buffers that tensors or captures hold now. */
  liveBytes: number;
  liveBuffers: number;
  /** Bytes that wait in the pool to be used again. */
  pooledBytes: number;
  /** Storage buffers created since the engine was opened. */
  buffersMade: number;
}

export class Pool {
  private readonly free = new Map<number, GPUBuffer[]>();
  readonly stats: MemoryStats = { liveBytes: 0, liveBuffers: 0, pooledBytes: 0, buffersMade: 0 };

  constructor(private readonly device: GPUDevice) {}

  /** A buffer of at least `bytes` with undefined contents. */
  take(bytes: number): GPUBuffer {
    const size = sizeClass(bytes);
    const limit = Math.min(this.device.limits.maxBufferSize, this.device.limits.maxStorageBufferBindingSize);
    if (bytes > limit)
      throw new Error(`a tensor of ${bytes} bytes does not fit this adapter, whose largest storage buffer is ${limit} bytes; use a smaller batch`);
    const pooled = this.free.get(size)?.pop();
    if (pooled) this.stats.pooledBytes -= size;
    else this.stats.buffersMade++;
    this.stats.liveBytes += size;
    this.stats.liveBuffers++;
    return pooled ?? this.device.createBuffer({ size, usage: STORAGE_USAGE });
  }

  give(buffer: GPUBuffer): void {
    const list = this.free.get(buffer.size) ?? [];
    list.push(buffer);
    this.free.set(buffer.size, list);
    this.stats.pooledBytes += buffer.size;
    this.stats.liveBytes -= buffer.size;
    this.stats.liveBuffers--;
  }

  /** Destroys what waits in the pool. */
  trim(): void {
    for (const list of this.free.values()) list.forEach((buffer) => buffer.destroy());
    this.free.clear();
    this.stats.pooledBytes = 0;
  }
}

// GPUBufferUsage is not a global in Node; the values are fixed by the WebGPU specification.
export const USAGE = { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 64, STORAGE: 128, QUERY_RESOLVE: 512 } as const;
export const STORAGE_USAGE = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;
