// uvu/assert, as the build gives it to tests: long lists of numbers are compared by element. uvu's own `equal` shows
// the differences of two lists line by line, which for two batches of images takes longer than anybody waits.

import * as uvu from "uvu/assert";

export * from "uvu/assert";

type Numbers = ArrayLike<number>;
const isLong = (v: unknown): v is Numbers => (Array.isArray(v) || ArrayBuffer.isView(v)) &&
  (v as unknown as Numbers).length > 1000 && typeof (v as unknown as Numbers)[0] === "number";

export function equal(got: unknown, due: unknown, message?: uvu.Message): void {
  if (!isLong(got) || !isLong(due)) return uvu.equal(got, due, message);
  const what = message ? `${String(message)}: ` : "";
  uvu.is(`${got.constructor.name} of ${got.length}`, `${due.constructor.name} of ${due.length}`, message);
  const same = (a: number, b: number) => a === b || (Number.isNaN(a) && Number.isNaN(b));
  const off = Array.from(due, (_, i) => i).filter((i) => !same(got[i]!, due[i]!));
  if (off.length) uvu.unreachable(`${what}element ${off[0]} is ${got[off[0]!]}, ${due[off[0]!]} is due; ` +
    `${off.length} of ${due.length} differ`);
}
