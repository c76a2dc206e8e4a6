// Every storage has one owner. A scope frees what was made in it, the user what was made outside of scopes or kept, a
// recording what it recorded. What the user forgets is freed when the garbage collector finds it.

import type { Pool } from "./pool.ts";
import { Pressure } from "./pressure.ts";
import { Keeper, Storage } from "./storage.ts";

/** What is left of a storage that nobody can reach. */
interface Remains {
  buffer: GPUBuffer;
  bytes: number;
  loose: boolean;
}

export class Storages {
  private readonly scopes: Set<Storage>[] = [];
  private detained: Storage[] | null = null;
  private readonly loose: Pressure;
  private readonly unreachable = new FinalizationRegistry<Remains>(({ buffer, bytes, loose }) => {
    if (loose) this.loose.drop(bytes);
    this.pool.collected(() => this.pool.give(buffer));
  });

  constructor(readonly pool: Pool, collect: () => void) {
    this.loose = new Pressure(collect);
  }

  /** Memory that the innermost scope owns, or the user where no scope is open. */
  make(bytes: number, shape: readonly number[], dtype: string): Storage {
    const storage = this.filled(bytes, shape, dtype);
    const scope = this.scopes.at(-1);
    if (scope) this.enter(scope, storage);
    else this.entrust(storage, "loose");
    return storage;
  }

  /** Memory that a recording owns. */
  makeRecorded(keeper: Keeper, bytes: number, shape: readonly number[], dtype: string): Storage {
    const storage = this.filled(bytes, shape, dtype);
    storage.owner = keeper;
    return storage;
  }

  private filled(bytes: number, shape: readonly number[], dtype: string): Storage {
    const storage = new Storage(bytes, shape, dtype);
    storage.buffer = this.pool.take(storage);
    return storage;
  }

  private enter(scope: Set<Storage>, storage: Storage): void {
    storage.owner = scope;
    scope.add(storage);
  }

  private entrust(storage: Storage, owner: "loose" | "kept"): void {
    const loose = owner === "loose";
    storage.owner = owner;
    this.unreachable.register(storage, { buffer: storage.buffer!, bytes: storage.bytes, loose }, storage);
    if (loose) this.loose.add(storage.bytes);
  }

  /**
   * Frees everything that fn makes, except the storages that `kept` finds in its result: they go to the scope outside.
   */
  scope<T>(fn: () => T, kept: (result: T) => Set<Storage>): T {
    const made = new Set<Storage>();
    this.scopes.push(made);
    let survivors = new Set<Storage>();
    try {
      const result = fn();
      survivors = kept(result);
      return result;
    } finally {
      this.scopes.pop();
      made.forEach((storage) => (survivors.has(storage) ? this.moveOut(storage) : this.free(storage)));
    }
  }

  private moveOut(storage: Storage): void {
    const outer = this.scopes.at(-1);
    if (outer) this.enter(outer, storage);
    else this.entrust(storage, "loose");
  }

  /** The user becomes the owner of what a scope has; what a recording has stays there. */
  keep(storage: Storage): void {
    if (!(storage.owner instanceof Set) && storage.owner !== "loose") return;
    this.letGo(storage);
    this.entrust(storage, "kept");
  }

  /** The user is done with a storage. No effect on what a recording owns, nor the second time. */
  dispose(storage: Storage): void {
    if (storage.owner instanceof Keeper || storage.freed) return;
    this.letGo(storage);
    this.free(storage);
  }

  /** Takes a storage from its scope or from the user. */
  private letGo(storage: Storage): void {
    const { owner } = storage;
    if (owner instanceof Set) owner.delete(storage);
    else this.unreachable.unregister(storage);
    if (owner === "loose") this.loose.drop(storage.bytes);
  }

  /** Nobody owns it from now on; its buffer goes back at once, or after the last recording that binds it. */
  free(storage: Storage): void {
    if (this.detained) {
      storage.owner = "kept";
      this.detained.push(storage);
      return;
    }
    storage.owner = "nobody";
    if (storage.bound === 0) this.giveBack(storage);
  }

  /** A recording uses a storage that it does not own. */
  bind(storage: Storage): void {
    storage.bound++;
  }

  unbind(storage: Storage): void {
    if (--storage.bound === 0 && storage.freed) this.giveBack(storage);
  }

  private giveBack(storage: Storage): void {
    if (storage.buffer) this.pool.give(storage.buffer);
    storage.buffer = null;
  }

  /** Runs fn; what it would have freed stays until `free` is called. */
  withoutFreeing<T>(fn: () => T): { result: T; free: () => void } {
    const outer = this.detained;
    const detained: Storage[] = (this.detained = []);
    const free = () => detained.splice(0).forEach((storage) => this.free(storage));
    try {
      return { result: fn(), free };
    } catch (error) {
      this.detained = outer;
      free();
      throw error;
    } finally {
      this.detained = outer;
    }
  }
}
