// The tuner: without a measurement the preferred variant, with one the fastest that computes the same; choices are kept
// per adapter and outlive the engine.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readCache, writeCache } from "#adapter";
import { createEngine, kernel, linear, valueAndGrad, type Engine, type Tensor } from "../src/index.ts";
import { Tuner, type Variant } from "../src/engine/tuner.ts";
import { held } from "../src/verify/held.ts";

// y = 2x + error, the slower the more rounds
const double = kernel("test/double.wgsl", `
struct Params { rounds: u32, error: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(8) fn main(@builtin(local_invocation_index) i: u32) {
  var sum = 2.0 * x[i];
  for (var r = 0u; r < params.rounds; r++) { sum = fma(sum, 0.5, x[i]); }
  y[i] = sum + params.error;
}`);

/** A variant still without its tensors. */
type Plan = Omit<Variant, "launch">;
const variant = (name: string, rounds: number, error = 0, runs = true): Plan => ({ name, kernel: double,
  constants: { rounds, error }, runs: () => runs });
const SLOW = variant("slow", 4_000_000);
const FAST = variant("fast", 40_000);
const WRONG = variant("wrong", 0, 0.01);
const NAN = variant("not a number", 0, NaN);
const ABSENT = variant("absent", 0, 0, false);

/** An op of its own, so that no other test meets its choices. Returns the name of the variant that was taken. */
function call(gpu: Engine, plans: Plan[], op: string, x: Tensor): string {
  let taken = "";
  const launch = ({ name, constants }: Plan) => () => {
    taken = name;
    const y = gpu.empty([8]);
    gpu.run(double, { x, y }, constants as Record<string, number>, [1]);
    return y;
  };
  gpu.tuner.launch(op, "[8]", plans.map((plan) => ({ ...plan, launch: launch(plan) })));
  return taken;
}

const tuner = suite("tuner");
let gpu: Engine;
let stored: string | null = null;
let x: Tensor;
tuner.before(async () => {
  gpu = await createEngine();
  stored = await readCache(gpu.tuner.cacheKey);
  x = gpu.tensor([1, 2, 3, 4, 5, 6, 7, 8]);
});
tuner.after(async () => {
  await writeCache(gpu.tuner.cacheKey, stored ?? "{}");
  gpu.close();
});
const taken = (variants: Plan[], op: string): string => gpu.scope(() => call(gpu, variants, op, x));

tuner("without a measurement the first variant that runs is taken", () => {
  assert.is(taken([ABSENT, SLOW, FAST], "test first"), "slow");
  assert.throws(() => taken([ABSENT], "test none"), /^test none: none of its variants \(absent\) runs on /);
});

tuner("a forced variant is taken where it runs, until it is let go", () => {
  gpu.tuner.force("test force", "fast");
  assert.is(taken([SLOW, FAST], "test force"), "fast");
  assert.is(taken([SLOW, WRONG], "test force"), "slow");
  assert.is(taken([SLOW, FAST], "test other"), "slow");
  gpu.tuner.force("test force", "absent");
  assert.is(taken([ABSENT, SLOW, FAST], "test force"), "slow");
  gpu.tuner.force("test force", null);
  assert.is(taken([SLOW, FAST], "test force"), "slow");
});

tuner("tune takes the fastest variant that agrees with the first one, and keeps it", async () => {
  const variants = [SLOW, WRONG, NAN, ABSENT, FAST];
  const before = held(gpu).bytes;
  const choices = await gpu.tuner.tune(() => call(gpu, variants, "test tune", x));
  assert.is(choices["test tune [8]"], "fast");
  assert.is(taken(variants, "test tune"), "fast");
  assert.is(held(gpu).bytes, before);

  const other = await createEngine();
  const given = other.scope(() => call(other, variants, "test tune", other.tensor([1, 2, 3, 4, 5, 6, 7, 8])));
  assert.is(given, "fast", "another engine on this adapter knows the choice");
  assert.is(other.scope(() => call(other, [SLOW, WRONG], "test tune", other.zeros([8]))), "slow", "a stored name " +
    "that is gone is passed over");
  other.close();
});

tuner("a wrong variant is refused though it is the only other one", async () => {
  const choices = await gpu.tuner.tune(() => call(gpu, [SLOW, WRONG], "test refuse", x));
  assert.is(choices["test refuse [8]"], "slow");
});

tuner("what was measured is not measured again, unless the op has other variants now", async () => {
  let launches = 0;
  const counted = (variants: Plan[]) => variants.map((v) => ({ ...v, runs: () => (launches++, v.runs(gpu)) }));
  const variants = [SLOW, WRONG, NAN, FAST];
  const again = await gpu.tuner.tune(() => call(gpu, counted(variants), "test tune", x));
  assert.is(again["test tune [8]"], "fast");
  const asked = launches;
  assert.is(taken([SLOW, variant("faster", 0)], "test tune"), "slow", "a choice among others does not count");
  const choices = await gpu.tuner.tune(() => call(gpu, [SLOW, variant("faster", 0)], "test tune", x));
  assert.equal([choices["test tune [8]"], launches], ["faster", asked]);
});

tuner("gradients can be tuned: what the function frees lives until the measurement is over", async () => {
  const [w, v] = [gpu.full([5, 8], 0.1), gpu.full([3, 5], 0.2)];
  const before = held(gpu).bytes;
  const gradients = () => valueAndGrad(() => linear(linear(x.view([1, 8]), w), v), [w, v]);
  const heavy = gpu.tuner.heavy(gradients);
  const choices = await gpu.tuner.tune(gradients);
  assert.ok(heavy.length >= 3 && heavy.every(({ op, key, variants }) => variants.includes(choices[`${op} ${key}`]!)),
    JSON.stringify(choices));
  assert.is(held(gpu).bytes, before);
});

tuner("choices are stored per adapter; a damaged file is passed over", async () => {
  const on = (name: string) => new Tuner({ adapter: { name } } as Engine);
  assert.not.equal(on("Some adapter").cacheKey, gpu.tuner.cacheKey);
  assert.not.equal(on("Some adapter").cacheKey, on("Another adapter").cacheKey);
  assert.ok(JSON.parse((await readCache(gpu.tuner.cacheKey))!)["test tune [8]"]);
  for (const text of ["{", "null", "7", "[]"]) {
    await writeCache(gpu.tuner.cacheKey, text);
    await gpu.tuner.load();
    assert.is(taken([SLOW, FAST], "test tune"), "slow");
  }
});

tuner("choices can be read, given as a text, and forgotten, also where they are stored", async () => {
  await gpu.tuner.tune(() => call(gpu, [SLOW, FAST], "test forget", x));
  assert.is(gpu.tuner.chosen["test forget [8]"], "fast");
  const text = (await readCache(gpu.tuner.cacheKey))!;
  await gpu.tuner.forget();
  assert.equal([gpu.tuner.chosen, taken([SLOW, FAST], "test forget")], [{}, "slow"]);
  await gpu.tuner.load();
  assert.equal(gpu.tuner.chosen, {});
  await gpu.tuner.load(text);
  assert.is(taken([SLOW, FAST], "test forget"), "fast");
});

tuner.run();
