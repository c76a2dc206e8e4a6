// Who owns a storage: the innermost scope that was open when it was made, until the scope ends or someone keeps it.

import { Storage, type Pool } from "./storage.ts";
import { Tensor } from "../tensor.ts";

export class Storages {
  private readonly scopes: Set<Storage>[] = [];
  private detained: Storage[] | null = null;

  constructor(readonly pool: Pool) {}

  make(bytes: number, label: string): Storage {
    const storage = new Storage(bytes, label);
    storage.buffer = this.pool.take(bytes);
    this.scopes.at(-1)?.add(storage);
    return storage;
  }

  /** Frees everything that fn makes, except the storages of the tensors it returns: those go to the scope outside. */
  scope<T>(fn: () => T): T {
    const made = new Set<Storage>();
    this.scopes.push(made);
    const survivors = new Set<Storage>();
    try {
      const result = fn();
      if (result instanceof Promise) throw new Error("scope: fn is asynchronous; a scope ends when fn returns, so await outside of it");
      collect(result, survivors);
      return result;
    } finally {
      this.scopes.pop();
      for (const storage of made) survivors.has(storage) ? this.scopes.at(-1)?.add(storage) : this.disown(storage);
    }
  }

  /** Takes a storage out of its scope. */
  keep(storage: Storage): void {
    this.scopes.forEach((made) => made.delete(storage));
  }

  /** Runs fn; what it would have freed stays until `free` is called. */
  withoutFreeing<T>(fn: () => T): { result: T; free: () => void } {
    const detained: Storage[] = (this.detained = []);
    const free = () => detained.forEach((storage) => this.release(storage));
    try {
      return { result: fn(), free };
    } catch (error) {
      this.detained = null;
      free();
      throw error;
    } finally {
      this.detained = null;
    }
  }

  /** The owner lets go: at the end of a scope, or by dispose(). Captures that use it keep it. */
  disown(storage: Storage): void {
    if (!storage.owned) return;
    storage.owned = false;
    this.keep(storage);
    this.release(storage);
  }

  /** One holder less; the last one gives the buffer back to the pool. */
  release(storage: Storage): void {
    if (storage.freed || --storage.refs > 0) return;
    if (this.detained) {
      storage.refs = 1;
      this.detained.push(storage);
      return;
    }
    if (storage.buffer) this.pool.give(storage.buffer);
    storage.buffer = null;
  }
}

function collect(value: unknown, into: Set<Storage>): void {
  if (value instanceof Tensor) into.add(value.storage);
  else if (Array.isArray(value)) value.forEach((v) => collect(v, into));
  else if (value && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) Object.values(value).forEach((v) => collect(v, into));
}
