// The arguments of a case as its manifest gives them. Every one must be read: one that nobody knows makes the case
// unsupported instead of being computed wrongly.

import { Unsupported } from "./case.ts";

type Pair = number | [number, number];

/** Entries that describe a case and are no arguments. */
const REMARKS = /^(note|source|shape|scale|bias|weight|schedule|cycle_momentum|f32_.*|_.*)$/;

export class Args {
  private readonly used = new Set<string>();

  constructor(readonly raw: Record<string, unknown>) {}

  has(name: string): boolean {
    return this.raw[name] !== undefined && this.raw[name] !== null;
  }

  private take<T>(name: string, fallback: T, is: (v: unknown) => v is T): T {
    this.used.add(name);
    const value = this.raw[name];
    if (value === undefined || value === null) return fallback;
    if (!is(value)) throw new Unsupported(`${name} ${JSON.stringify(value)} is not supported`);
    return value;
  }

  number(name: string, fallback: number): number {
    return this.take(name, fallback, (v) => typeof v === "number");
  }

  flag(name: string, fallback: boolean): boolean {
    return this.take(name, fallback, (v) => typeof v === "boolean");
  }

  text(name: string, fallback: string): string {
    return this.take(name, fallback, (v) => typeof v === "string");
  }

  list(name: string, fallback: number[]): number[] {
    return this.take(name, fallback, (v): v is number[] => Array.isArray(v) && v.every((n) => typeof n === "number"));
  }

  /** A number for height and width alike, or a list of both. */
  pair(name: string, fallback: Pair): Pair {
    const is = (v: unknown): v is Pair =>
      typeof v === "number" || (Array.isArray(v) && v.length === 2 && v.every((n) => typeof n === "number"));
    return this.take(name, fallback, is);
  }

  /** Throws if an argument is left that nobody has read. */
  done(): void {
    const left = Object.keys(this.raw).filter((name) => !this.used.has(name) && !REMARKS.test(name));
    if (left.length) throw new Unsupported(`the argument${left.length > 1 ? "s" : ""} ${left.join(", ")} ` +
      `${left.length > 1 ? "are" : "is"} not supported`);
  }
}
