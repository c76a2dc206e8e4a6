// `purigrad verify`: the bundled cases pass, and what is unknown, damaged or wrong is told apart and said in a
// sentence.

import { existsSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeSafetensors, parseSafetensors } from "../src/data/safetensors.ts";
import { toHalf } from "../src/data/half.ts";
import { readMnistPart } from "../src/data/mnist.ts";
import { createEngine, type Engine } from "../src/index.ts";
import { rows } from "../src/verify/table/index.ts";
import { idOf } from "../src/verify/table/table.ts";
import { verify, type ReadCase } from "../src/verify/verify.ts";

const reader =
  (root: string): ReadCase => async (path) => (existsSync(`${root}/${path}`) ? readFileSync(`${root}/${path}`) : null);
const bundled = reader("cases");
const WHOLE = "../shared/fixtures"; // a larger set of the same form, where it lies beside the project
const text = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

/** A folder of cases that exists only here. */
const folder = (files: Record<string, Uint8Array>): ReadCase => async (path) => files[path] ?? null;
const OP = { stride: 2, padding: 0, kernel: 2, f32_rel_err_out: 1e-7, f32_rel_err_grad: 1e-7 };
const pool = parseSafetensors(readFileSync("cases/ops/max_pool2d.safetensors"));
const file = (change: (all: typeof pool) => void = () => undefined): Uint8Array => {
  const all = Object.fromEntries(
    Object.entries(pool).filter(([name]) => name.startsWith("m00/")).map((
      [name, t],
    ) => [name, { ...t, data: t.data.slice() }]),
  ) as typeof pool;
  change(all);
  return encodeSafetensors(all);
};
const one = (args: object, bytes = file(), group = "max_pool2d") =>
  folder({ "ops/manifest.json": text({ [group]: { m00: args } }), [`ops/${group}.safetensors`]: bytes });

const verifying = suite("verify");
let gpu: Engine;
verifying.before(async () => void (gpu = await createEngine()));
verifying.after(() => gpu.close());
const only = async (read: ReadCase) => (await verify(gpu, read)).cases[0]!;

verifying("all bundled cases pass", async () => {
  const seen: string[] = [];
  const report = await verify(gpu, bundled, {
    onCase: ({ id }, done, total) => void (seen.push(id), assert.ok(done <= total)),
  });
  assert.equal(report.cases.filter((c) => c.status === "fail").map((c) => `${c.id}: ${c.message}`), []);
  assert.is(report.passed, report.cases.length);
  assert.ok(report.passed > 120, `${report.passed} passed`);
  assert.equal(seen, report.cases.map((c) => c.id));
  assert.is(new Set(seen).size, seen.length);
  assert.is(report.adapter, gpu.adapter.name);
  for (const c of report.cases) assert.ok(c.limit === null || c.worst! <= c.limit, c.id);
});

(existsSync(WHOLE) ? verifying : verifying.skip)("all cases of the larger set pass",
  async () => {
    const own = await createEngine();
    const report = await verify(own, reader(WHOLE), { images: () => readMnistPart("test") });
    own.close();
    assert.equal(report.cases.filter((c) => c.status === "fail").map((c) => `${c.id}: ${c.message}`), []);
    assert.ok(report.passed > 150, `${report.passed} passed`);
    assert.is(report.unsupported, 0);
  });

/**
 * Of the rows of the op table one of every eighth op, and no variants: ops.both and variants.both run all of them.
 * `named` gets every op that has a row.
 */
function someOps(named: Set<string>): (id: string, op: string) => boolean {
  const rowIds = new Set(rows.map((row) => `computed/${idOf(row)}`));
  return (id, op) => !id.endsWith("all variants") &&
    (!rowIds.has(id) || (!named.has(op) && named.add(op).size % 8 === 1));
}

verifying("every op is computed on the host, and what is computed passes: some ops, all models, attacks and training",
  async () => {
    const own = await createEngine();
    const named = new Set<string>();
    const report = await verify(own, one(OP), { computed: true, only: someOps(named) });
    own.close();
    assert.equal(report.cases.filter((c) => c.status !== "pass").map((c) => `${c.id}: ${c.message}`), []);
    assert.ok(named.size > 100, `${named.size} ops`);
    assert.ok(report.passed > named.size / 8 + 20, `${report.passed} passed`);
  });

verifying("whole networks agree with PyTorch; another weight, statistic or network is noticed", async () => {
  const nets = async (change: (all: typeof pool) => void = () => undefined, network = "preact_resnet18") => {
    const name = "preact_resnet18_cifar";
    const manifest = JSON.parse(readFileSync("cases/nets/manifest.json", "utf8")) as Record<string, object>;
    const all = parseSafetensors(readFileSync(`cases/nets/${name}.safetensors`));
    change(all);
    return only(folder({ "nets/manifest.json": text({ [name]: { ...manifest[name], network } }),
      [`nets/${name}.safetensors`]: encodeSafetensors(all) }));
  };
  const right = await nets();
  assert.equal([right.id, right.op, right.status], ["nets/preact_resnet18_cifar", "preact_resnet18", "pass"]);
  const changed = await nets((all) => void (all["weights.layer2.0.shortcut.0.weight"]!.data[0] = 0x3c00)); // 1 in F16
  assert.is(changed.status, "fail");
  assert.match(changed.message, /eval\.logits is off by/);
  const statistics = await nets((all) => void (all["train.after.bn.running_var"]!.data[0] = 9));
  assert.match(statistics.message, /^train\.after\.bn\.running_var\b.* is off by/);
  const other = await nets(() => undefined, "vgg16");
  assert.equal([other.status, other.message], ["unsupported", "purigrad has no vgg16 with the stem cifar"]);
});

verifying("a lost device ends the run and is said once", async () => {
  const own = await createEngine();
  let judged = 0;
  const losing = verify(own, bundled, {
    onCase: (_, done) => void (judged = done, done === 3 && own.device.destroy()),
  });
  await losing.then(() => assert.unreachable(),
    (error: Error) => assert.match(error.message, /the GPU device was lost/));
  own.close();
  assert.ok(judged < 6, `${judged} cases were judged`);
});

verifying("a case that passes names its worst number and its limit", async () => {
  const { status, worst, limit, op, id } = await only(one(OP));
  assert.equal({ status, worst, limit, op, id }, { status: "pass", worst: 0, limit: 2e-5, op: "max_pool2d",
    id: "ops/max_pool2d/m00" });
  assert.is((await only(one({ ...OP, f32_rel_err_out: 1e-5, f32_rel_err_grad: 1e-5 }))).limit, 1e-4);
});

verifying("a wrong number fails, and so does one that is not finite, a missing tensor and a wrong shape", async () => {
  const off = await only(one(OP, file((all) => (all["m00/grad.x"]!.data[0] = 3))));
  assert.is(off.status, "fail");
  assert.ok(off.worst! > off.limit!);
  assert.match(off.message, /grad\.x is off by \d\.\de[+-]\d+, limit 0\.00002/);
  const infinite = await only(one(OP, file((all) => (all["m00/in.x"]!.data[0] = Infinity))));
  assert.match(infinite.message, /has numbers that are not finite/);
  const missing = await only(one(OP, file((all) => delete all["m00/in.x"])));
  assert.match(missing.message, /the case has no tensor in\.x/);
  const shape = await only(one({ ...OP, kernel: 3, stride: 1 }));
  assert.is(shape.status, "fail");
});

verifying("a training trace of a script, a flag or an optimiser that nobody knows is unsupported", async () => {
  const trace = { source: "locuslab/fast_adversarial CIFAR10/train_pgd.py @54f7287", args: ["--attack-iters", "7"],
    net: "conv(3->1,k3,s1,p1)+relu, flatten, fc 4->2", opt: "SGD wd 5e-4", batch: 1, lr_per_step: [0.1] };
  const tensor = (shape: number[]) => ({ dtype: "F32" as const, shape, data: new Float32Array(shape.reduce((a, b) =>
    a * b)) });
  const bytes = encodeSafetensors({ "init.conv1.weight": tensor([1, 3, 3, 3]), "init.conv1.bias": tensor([1]),
    "init.fc.weight": tensor([2, 4]), "init.fc.bias": tensor([2]), raw01: tensor([1, 3, 2, 2]) });
  const run = (change: object) =>
    only(folder({ "training/manifest.json": text({ t: { ...trace, ...change } }), "training/t.safetensors": bytes }));
  for (const [change, said] of [[{ source: "train_trades.py" }, "the script \"train_trades.py\""], [
    { args: ["--early-stop"] },
    "the argument early-stop is not supported",
  ], [{ args: ["--delta-init", "previous"] }, "the start \"previous\""], [{ args: ["--restarts", "2"] }, "restarts"], [
    { opt: "Lion" },
    "the optimiser \"Lion\"",
  ]] as const) {
    const { status, message } = await run(change);
    assert.is(status, "unsupported", message);
    assert.ok(message.includes(said), message);
  }
});

verifying("half precision is read as what it means, integers beyond 32 bits are refused", async () => {
  const halves = file((all) => {
    const { shape, data } = all["m00/in.x"]!;
    all["m00/in.x"] = { dtype: "F16", shape, data: new Uint16Array(toHalf(data as Float32Array)) };
  });
  const half = await only(one({ ...OP, f32_rel_err_out: 1e-5, f32_rel_err_grad: 1e-5 }, halves));
  assert.ok(half.status === "pass" || half.worst! < 1e-2, half.message);
  const wide = await only(one(OP, file((all) => {
    const { shape, data } = all["m00/in.x"]!;
    all["m00/in.x"] = { dtype: "I64", shape, data: BigInt64Array.from(data as Float32Array, () => 2n ** 40n) };
  })));
  assert.equal([wide.status, wide.message], ["unsupported", "purigrad has no integers of more than 32 bits, such as " +
    "1099511627776"]);
});

verifying("what purigrad does not know is unsupported, not wrong", async () => {
  assert.equal((await only(one({}, file(), "fractional_pool"))).status, "unsupported");
  const argument = await only(one({ ...OP, return_indices: true }));
  assert.equal([argument.status, argument.message], ["unsupported", "the argument return_indices is not supported"]);
  const value = await only(one({ ...OP, padding: "same" }));
  assert.equal([value.status, value.message], ["unsupported", `padding "same" is not supported`]);
});

verifying("a damaged file fails its cases with a sentence that names it", async () => {
  const cut = await only(one(OP, file().slice(0, 200)));
  assert.is(cut.status, "fail");
  assert.match(cut.message, /^ops\/max_pool2d\.safetensors: /);
  const gone = await only(folder({ "ops/manifest.json": text({ max_pool2d: { m00: OP } }) }));
  assert.equal(gone.message, "ops/max_pool2d.safetensors is missing; the manifest names it");
});

const refused = async (read: ReadCase, message: RegExp) => {
  const error = await verify(gpu, read).then(() => null, (e: Error) => e);
  assert.match(error?.message ?? "nothing was thrown", message);
};

verifying("a folder that cannot be read is one sentence", async () => {
  await refused(folder({}), /^verify: there are no cases here; a folder with ops\/manifest\.json/);
  await refused(folder({ "ops/manifest.json": text("{") }), /^ops\/manifest\.json is not JSON/);
  await refused(folder({ "stats.json": text([1]) }), /^stats\.json holds no JSON object/);
});

verifying("cases that only the tensors name are run, and equal ids get a number", async () => {
  const found = await verify(gpu,
    folder({ "ops/manifest.json": text({ max_pool2d: {} }), "ops/max_pool2d.safetensors": file() }));
  assert.equal(found.cases.map((c) => c.id), ["ops/max_pool2d/m00"]);
  const twice = await verify(gpu,
    folder({
      "stats.json": text({ mcnemar: [1, 2].map(() => ({ b: 2, c: 9, exact_mcnemar_p: 0.0654296875 })), welch: [{}] }),
    }));
  assert.equal(twice.cases.map((c) => [c.id, c.status]), [["stats/mcnemar/b2-c9", "pass"], ["stats/mcnemar/b2-c9#2",
    "pass"], ["stats/welch/0", "unsupported"]]);
});

verifying.run();
