// The cases of attacks/mnist_minimal.json: attacks that look for the nearest image, by the distances that torchattacks
// reached.

import { cw, deepfool, type Attack, type Model } from "../../attacks/index.ts";
import type { Engine } from "../../engine/engine.ts";
import { argmax, topk } from "../../kernels/index.ts";
import { Args } from "../args.ts";
import { CaseFile, Unsupported, numbers, upload, type Case, type Check, type ReadCase } from "../case.ts";
import { layersOf, netOf, weightsFile } from "./nets.ts";

/** Relative, of the distance of an image. */
const DISTANCE = 0.02;
/** Logits closer than this decide nothing. */
const BOUNDARY = 1e-3;

const KINDS: Record<string, (model: Model, args: Args) => Attack> = {
  DeepFool: (model, args) => deepfool(model, { steps: args.number("steps", 50),
    overshoot: args.number("overshoot", 0.02) }),
  CW: (model, args) => cw(model, { c: args.number("c", 1), kappa: args.number("kappa", 0),
    steps: args.number("steps", 50), lr: args.number("lr", 0.01), targeted: args.flag("targeted", false),
    objective: "torchattacks" }),
};

/** Euclidean distance of each image. */
function distances(a: ArrayLike<number>, b: ArrayLike<number>, n: number): number[] {
  const size = a.length / n;
  return Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let j = i * size; j < (i + 1) * size; j++) sum += (a[j]! - b[j]!) ** 2;
    return Math.sqrt(sum);
  });
}

/** Predictions, and by how much the first logit leads the second. */
async function verdicts(gpu: Engine, model: Model, images: Parameters<Model>[0]) {
  const made = gpu.scope(() => {
    const logits = model(images);
    return { said: argmax(logits, { dim: 1 }), two: topk(logits, 2, { dim: 1 }).values };
  });
  const [said, two] = [await made.said.data<Int32Array>(), await made.two.data()];
  return { said, lead: Array.from(said, (_, i) => two[2 * i]! - two[2 * i + 1]!) };
}

async function runMinimal(gpu: Engine, read: ReadCase, id: string, net: string, entry: Record<string, unknown>):
  Promise<Check[]> {
  const { attack, success: _, mean_l2: __, ...rest } = entry;
  const make = KINDS[String(attack)];
  if (!make) throw new Unsupported(`purigrad has no attack ${String(attack)}`);
  const [file, base] = [new CaseFile(read, "attacks/mnist_minimal.safetensors"),
    new CaseFile(read, `attacks/${net}.safetensors`)];
  const { forward } = netOf(gpu, await weightsFile(read, net).tensors(), await layersOf(read, net));
  const args = new Args(rest);
  const [x, labels] = [upload(gpu, await base.get("x")),
    upload(gpu, rest.targeted ? await file.get("target") : await base.get("y"))];
  const adv = make(forward, args)(x, labels);
  args.done();
  const { said, lead } = await verdicts(gpu, forward, adv);
  const [due, dueL2] = [numbers(await file.get(`${id}.prediction`)), numbers(await file.get(`${id}.l2`))];
  const clean = (await verdicts(gpu, forward, x)).said;
  const l2 = distances(await adv.data(), await x.data(), said.length);
  const moved = [...l2.keys()].filter((i) => attack === "DeepFool" || due[i] !== clean[i]);
  const off = moved.map((i) => Math.abs(l2[i]! - dueL2[i]!) / Math.max(1e-3, dueL2[i]!));
  const others = [...said.keys()].filter((i) => attack !== "DeepFool" && said[i] !== due[i] && lead[i]! > BOUNDARY);
  return [{ what: "the distance of an image", error: Math.max(0, ...off), limit: DISTANCE },
    { what: "the number of images with another prediction", error: others.length, limit: 0 }];
}

/** `manifest`: {net, cases: {id: {attack, settings}}}. */
export function minimalCases(read: ReadCase, manifest: Record<string, unknown>): Case[] {
  const { net, cases } = manifest as { net: string; cases: Record<string, Record<string, unknown>> };
  return Object.entries(cases).map(([id, entry]) => ({ id: `attacks/mnist_minimal/${id}`,
    op: String(entry.attack).toLowerCase(), run: (gpu) => runMinimal(gpu, read, id, net, entry) }));
}
