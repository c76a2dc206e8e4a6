// Intervals and tests of counts, against scipy's numbers (stored in cases/) and their own definitions.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { clopperPearson, incompleteBeta, logGamma, mcnemar, wilson } from "../src/evaluate/stats.ts";

const stats = suite("statistics of counts");
const near = (got: number, due: number, within = 1e-12) =>
  assert.ok(Math.abs(got - due) <= within * Math.max(1, Math.abs(due)), `${got}, due ${due}`);

stats("logGamma and the incomplete beta function have their known values", () => {
  near(logGamma(0.5), Math.log(Math.PI) / 2);
  near(logGamma(11), Math.log(3_628_800));
  near(incompleteBeta(1, 1, 0.3), 0.3);
  near(incompleteBeta(2, 3, 0.4), 1 - 0.6 ** 4 - 4 * 0.4 * 0.6 ** 3);
  near(incompleteBeta(5000, 5000, 0.5), 0.5, 1e-11);
  assert.is(incompleteBeta(2, 3, 0), 0);
  assert.is(incompleteBeta(2, 3, 1), 1);
});

stats("the Clopper-Pearson bounds have the tails that define them", () => {
  const tail = (k: number, n: number, p: number) => incompleteBeta(k, n - k + 1, p); // P(X >= k)
  for (const [k, n] of [[1, 7], [9_642, 10_000], [5, 10]] as const) {
    const [low, high] = clopperPearson(k, n, 0.9);
    near(tail(k, n, low), 0.05, 1e-10);
    near(1 - tail(k + 1, n, high), 0.05, 1e-10);
  }
  assert.is(clopperPearson(0, 10)[0], 0);
  assert.is(clopperPearson(10, 10)[1], 1);
});

stats("Wilson's interval is symmetric and within [0, 1]", () => {
  const [low, high] = wilson(3, 10);
  const [mirrored, other] = wilson(7, 10);
  near(low, 1 - other);
  near(high, 1 - mirrored);
  assert.equal([wilson(0, 5)[0], wilson(5, 5)[1]], [0, 1]);
});

stats("McNemar's exact test", () => {
  near(mcnemar(0, 5), 2 / 32);
  near(mcnemar(2, 9), 0.0654296875);
  assert.is(mcnemar(4, 4), 1);
  assert.is(mcnemar(0, 0), 1);
});

stats("wrong counts are one sentence", () => {
  assert.throws(() => clopperPearson(5, 4),
    /^clopperPearson: 5 of 4 given; whole numbers with 0 <= k <= n and n >= 1 are due$|5 of 4 given/);
  assert.throws(() => wilson(1, 2, 1), /wilson: level 1 given; a number between 0 and 1 is due/);
  assert.throws(() => mcnemar(-1, 2), /mcnemar: -1 and 2 given; whole numbers >= 0 are due/);
});

stats.run();
