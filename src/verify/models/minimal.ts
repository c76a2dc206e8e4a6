// The cases of attacks/mnist_minimal.json: attacks that look for the nearest image, by the distances that torchattacks
// reached.

import { cw, deepfool, fab, type Attack, type Model } from "../../attacks/index.ts";
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
  FAB: (model, args) => {
    const classes = args.number("n_classes", 10);
    args.number("seed", 0); // of further starts: their distances are close, not equal
    args.flag("verbose", false);
    return fab(model, { norm: args.text("norm", "Linf") as "Linf" | "L2", eps: args.number("eps", 8 / 255),
      steps: args.number("steps", 10), restarts: args.number("n_restarts", 1), alphaMax: args.number("alpha_max", 0.1),
      eta: args.number("eta", 1.05), beta: args.number("beta", 0.9),
      ...(args.flag("multi_targeted", false) && { targets: classes - 1 }) });
  },
};

/** The distance of each image: Euclidean, or that of the pixel that moved furthest. */
function distances(a: ArrayLike<number>, b: ArrayLike<number>, n: number, norm: string): number[] {
  const size = a.length / n;
  return Array.from({ length: n }, (_, i) => {
    const moves = Array.from({ length: size }, (_, j) => Math.abs(a[i * size + j]! - b[i * size + j]!));
    return norm === "Linf" ? Math.max(...moves) : Math.hypot(...moves);
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
  const norm = attack === "FAB" ? String(rest.norm ?? "Linf") : "L2";
  const [due, dueFar] = [numbers(await file.get(`${id}.prediction`)),
    numbers(await file.get(`${id}.${norm.toLowerCase()}`))];
  const clean = (await verdicts(gpu, forward, x)).said;
  const far = distances(await adv.data(), await x.data(), said.length, norm);
  const moved = [...far.keys()].filter((i) => attack === "DeepFool" || due[i] !== clean[i]);
  const off = moved.map((i) => Math.abs(far[i]! - dueFar[i]!) / Math.max(1e-3, dueFar[i]!));
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
