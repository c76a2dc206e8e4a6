// Half precision: every half survives the way to float32 and back, and float32 rounds to the nearest, ties to even.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromHalf, toHalf } from "../src/data/half.ts";

const half = suite("half");

half("all 65,536 halves come back, NaN as NaN", () => {
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const values = fromHalf(all);
  const back = toHalf(values);
  assert.equal(
    [...all].filter((h, i) => (Number.isNaN(values[i]!) ? !Number.isNaN(fromHalf([back[i]!])[0]!) : back[i] !== h)),
    [],
  );
});

half("float32 rounds as struct.pack('e') in Python does", () => {
  const cases: [number, number][] = [
    [1, 0x3c00], [-0, 0x8000], [0.1, 0x2e66], [2047.5, 0x6800], [65519, 0x7bff], [65520, 0x7c00], [-1e9, 0xfc00],
    [2 ** -25, 0], [1.01 * 2 ** -25, 1], [3 * 2 ** -25, 2], [1 + 2 ** -11, 0x3c00], [1 + 3 * 2 ** -11, 0x3c02],
  ];
  for (const [value, due] of cases) assert.is(toHalf([value])[0], due, String(value));
});

half.run();
