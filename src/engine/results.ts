// What the functions of a scope or a capture return.

import { Tensor } from "./tensor.ts";

/** The tensors in a result: alone, in arrays, or as values of plain objects. */
export function tensorsIn(value: unknown, seen: Set<unknown> = new Set()): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  seen.add(value);
  if (Array.isArray(value)) return value.flatMap((v) => tensorsIn(v, seen));
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.values(value).flatMap((v) => tensorsIn(v, seen))
    : [];
}

/** What a scope or a capture runs is over when it returns. */
export function refusePromise(who: string, result: unknown): void {
  if (!(result instanceof Promise)) return;
  result.catch(() => undefined); // the error below is the one to read
  throw new Error(`${who}: fn is asynchronous; compute without await in it, and read tensors after it`);
}
