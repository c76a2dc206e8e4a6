// A storage is the bytes behind one or more tensors. It has one owner at a time, and only the owner can free it.

/** Stands for a recording as the owner of storages: as long as one of them is reachable, so is this. */
export class Keeper {}

/**
 * Who may free a storage: a scope (its set of storages), the user (of a "loose" one, made outside of scopes, or of a
 * "kept" one; the garbage collector frees both where nobody can reach them), a recording, or nobody: it is freed.
 */
export type Owner = Set<Storage> | "loose" | "kept" | Keeper | "nobody";

export class Storage {
  /** Null while a capture records (its plan decides later where the bytes live) and once the storage is freed. */
  buffer: GPUBuffer | null = null;
  owner: Owner = "nobody";
  /** Recordings that bind the buffer without owning the storage: it goes back to the pool after the last of them. */
  bound = 0;
  /** Set in a capture: the bytes of this storage are a slice of another one. */
  placed: { storage: Storage; offset: number } | null = null;
  /** Why the bytes are not what they should be: the call that should have written them failed. */
  fault: Error | null = null;

  /** `shape` and `dtype` are those of the tensor that it was made for. */
  constructor(
    readonly bytes: number,
    private readonly shape: readonly number[],
    private readonly dtype: string,
  ) {}

  get label(): string {
    return `a tensor ${this.dtype}[${this.shape}]`;
  }

  get freed(): boolean {
    return this.owner === "nobody";
  }
}

/** Part of a storage: what a kernel binds. Tensors are slices. */
export interface Slice {
  readonly storage: Storage;
  /** In bytes, a multiple of 256. */
  readonly offset: number;
  readonly bytes: number;
}

/** The storage that has the bytes of this one. */
export const homeOf = (storage: Storage): Storage => (storage.placed ? homeOf(storage.placed.storage) : storage);

/** Where a slice begins in the storage that has its bytes. */
const beginOf = ({ storage, offset }: Pick<Slice, "storage" | "offset">): number =>
  storage.placed ? offset + beginOf(storage.placed) : offset;

/** Whether two slices of one home have bytes in common. */
export const overlap = (a: Slice, b: Slice): boolean =>
  beginOf(a) < beginOf(b) + b.bytes && beginOf(b) < beginOf(a) + a.bytes;

/** Where a storage's bytes are: its own buffer or, when placed by a capture, a slice of another's. */
export function locate(storage: Storage): { buffer: GPUBuffer; offset: number } {
  if (storage.placed) {
    const home = locate(storage.placed.storage);
    return { buffer: home.buffer, offset: home.offset + storage.placed.offset };
  }
  return { buffer: storage.buffer!, offset: 0 };
}

// GPUBufferUsage is not a global in Node; the values are fixed by the WebGPU specification.
export const USAGE = { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 64, STORAGE: 128, QUERY_RESOLVE: 512 } as const;
export const STORAGE_USAGE = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;
