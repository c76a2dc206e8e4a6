// The cases of nets/: a whole residual network by PyTorch, in evaluation and one step of training.

import type { SafeTensors } from "../../data/safetensors.ts";
import type { Engine } from "../../engine/engine.ts";
import { grad, noGrad, valueAndGrad } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { crossEntropy } from "../../kernels/index.ts";
import { hostRandom } from "../../model/host-random.ts";
import { preactResnet18 } from "../../model/networks/preact-resnet.ts";
import { resnet18, resnet34, type NormalisedClassifier } from "../../model/networks/resnet.ts";
import { Args } from "../args.ts";
import { CaseFile, numbers, readJson, relativeError, upload, Unsupported, type Case, type Check,
  type ReadCase } from "../case.ts";

const MOMENTUM = 0.1;

/** The tensors whose names begin with `prefix`, without it. */
function part(all: SafeTensors, prefix: string): [string, Float32Array][] {
  return Object.entries(all).filter(([name]) => name.startsWith(prefix)).map(([name, t]) =>
    [name.slice(prefix.length), numbers(t)]
  );
}

interface Stored {
  all: SafeTensors;
  limits: { logits: number; grad: number };
  x: Tensor;
  y: Tensor;
}

function check({ all }: Stored, what: string, got: ArrayLike<number>, limit: number): Check {
  if (!all[what]) throw new Error(`nets: the file has no tensor ${what}`);
  return { what, error: relativeError(got, numbers(all[what])), limit };
}

/**
 * The files hold the running statistics as the step left them (weights.* and train.after.* agree): those before it
 * follow from what the step adds to any others, since after = (1 - momentum) before + momentum batch.
 */
async function rewind(net: NormalisedClassifier, { all, x }: Stored): Promise<void> {
  const names = Object.keys(net.statistics.tensors);
  const stored = names.filter((name) => all[`train.after.${name}`]);
  const aliased = stored.every((name) =>
    relativeError(numbers(all[`weights.${name}`]!), numbers(all[`train.after.${name}`]!)) === 0
  );
  if (!stored.length || !aliased) return;
  const read = () => Promise.all(names.map((name) => net.statistics.get(name).data()));
  const after = await read();
  x.gpu.scope(() => void noGrad(x.gpu, () => net.forward(x, true)));
  const moved = await read();
  names.forEach((name, i) => {
    const batch = (c: number) => (moved[i]![c]! - (1 - MOMENTUM) * after[i]![c]!) / MOMENTUM;
    const t = net.statistics.get(name);
    x.gpu.write(t, after[i]!.map((v, c) => (v - MOMENTUM * batch(c)) / (1 - MOMENTUM)));
  });
}

async function evaluation(net: NormalisedClassifier, s: Stored): Promise<Check[]> {
  const [logits, dx] = s.x.gpu.scope(() => [net.forward(s.x),
    grad(() => crossEntropy(net.forward(s.x), s.y, { reduction: "sum" }), [s.x])[0]!] as const);
  const checks = [check(s, "eval.logits", await logits.data(), s.limits.logits),
    check(s, "eval.grad_x", await dx.data(), s.limits.grad)];
  [logits, dx].forEach((t) => t.dispose());
  return checks;
}

/** One pass with batch statistics: what it gives, what it leaves, and every gradient by its length. */
async function training(net: NormalisedClassifier, s: Stored): Promise<Check[]> {
  const names = Object.keys(net.params.tensors);
  const { value: [loss, logits], grads: [dx, ...grads] } = s.x.gpu.scope(() =>
    valueAndGrad(() => {
      const out = net.forward(s.x, true);
      return [crossEntropy(out, s.y), out] as const;
    }, [s.x, ...net.params.list()])
  );
  const checks = [check(s, "train.logits", await logits.data(), s.limits.logits),
    check(s, "train.loss", await loss.data(), s.limits.logits),
    check(s, "train.grad_x", await dx!.data(), s.limits.grad)];
  for (const [name, due] of part(s.all, "train.grad_norm.")) {
    const g = await grads[names.indexOf(name)]!.data();
    checks.push({ what: `the length of the gradient of ${name}`, error: relativeError([Math.hypot(...g)], due),
      limit: s.limits.grad });
  }
  for (const [name] of part(s.all, "train.grad."))
    checks.push(check(s, `train.grad.${name}`, await grads[names.indexOf(name)]!.data(), s.limits.grad));
  for (const [name] of part(s.all, "train.after."))
    checks.push(check(s, `train.after.${name}`, await net.statistics.get(name).data(), s.limits.logits));
  [loss, logits, dx!, ...grads].forEach((t) => t.dispose());
  return checks;
}

const TRIES = 16;
const ROUNDING = 2e-7; // of an image's numbers, two units in the last place; it grows to 3e-6

/**
 * The step's checks. A ReLU within rounding of its kink goes either way, and with it an image's whole gradient: what is
 * due may come from any images within rounding of those given.
 */
async function trainingNearby(net: NormalisedClassifier, s: Stored): Promise<Check[]> {
  const random = hostRandom(0);
  const state = await net.state();
  const given = (await s.x.data()).slice();
  let best: Check[] = [];
  for (let i = 0; i < TRIES; i++) {
    net.load(state);
    const moved = i === 0 ? 0 : ROUNDING * 2 ** (i / 4);
    const near = given.map((v) => v * (1 + moved * (2 * random() - 1)));
    const x = s.x.gpu.tensor(near, s.x.shape);
    const said = moved ? `, of images moved by ${moved.toExponential(1)} on try ${i + 1},` : "";
    const checks = (await training(net, { ...s, x })).map((c) => ({ ...c, what: c.what + said }));
    x.dispose();
    if (i === 0 || worstShare(checks) < worstShare(best)) best = checks;
    if (worstShare(best) <= 1) break;
  }
  return best;
}

const worstShare = (checks: readonly Check[]): number => Math.max(...checks.map(({ error, limit }) => error / limit));

/** The network that the arguments tell, with weights of its own. */
function networkOf(gpu: Engine, args: Args): NormalisedClassifier {
  const [network, stem] = [args.text("network", "resnet34"), args.text("stem", "cifar")];
  const sizes = { channels: args.number("width", 64), classes: args.number("classes", 10) };
  if (args.number("bn_eps", 1e-5) !== 1e-5 || args.number("bn_momentum", 0.1) !== MOMENTUM)
    throw new Unsupported("purigrad's networks have batch norms of eps 1e-5 and momentum 0.1");
  if (network === "preact_resnet18" && stem === "cifar") return preactResnet18(gpu, 0, sizes);
  const make = { resnet18, resnet34 }[network];
  if (!make || (stem !== "cifar" && stem !== "imagenet"))
    throw new Unsupported(`purigrad has no ${network} with the stem ${stem}`);
  return make(gpu, 0, { stem, ...sizes });
}

async function netCase(gpu: Engine, file: CaseFile, args: Args): Promise<Check[]> {
  const all = await file.tensors();
  args.number("batch", 1);
  const limits = { logits: args.number("limit_logits", 1e-4), grad: args.number("limit_grad", 1e-3) };
  const net = networkOf(gpu, args);
  args.done();
  net.load(Object.fromEntries(part(all, "weights.").map(([name, data]) =>
    [name, { shape: all[`weights.${name}`]!.shape, data }]
  )));
  const s: Stored = { all, limits, x: upload(gpu, all.x!), y: upload(gpu, all.y!) };
  await rewind(net, s);
  return [...(await evaluation(net, s)), ...(await trainingNearby(net, s))];
}

/** A case for each network of nets/manifest.json. */
export async function resnetCases(read: ReadCase): Promise<Case[]> {
  const manifest = (await readJson(read, "nets/manifest.json")) ?? {};
  return Object.entries(manifest).map(([name, args]) => {
    const file = new CaseFile(read, `nets/${name}.safetensors`);
    const given = args as Record<string, unknown>;
    return { id: `nets/${name}`, op: String(given.network ?? "resnet34"),
      run: (gpu) => netCase(gpu, file, new Args(given)) };
  });
}
