// The cases of attacks/: whole attacks against stored results, pixel by pixel; their steps one by one from stored
// points with stored gradients; gradients and logits of the nets.

import { lossGradient, makeAttack, pgdL2, type Attack, type AttackOptions, type Model } from "../../attacks/index.ts";
import { momentumStep, signStep } from "../../attacks/kernels.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { crossEntropy } from "../../kernels/index.ts";
import { Args } from "../args.ts";
import { CaseFile, Unsupported, numbers, pixelsOff, readJson, relativeError, upload, type Case, type Check,
  type ReadCase } from "../case.ts";
import { layersOf, netOf, weightsFile, type Net } from "./nets.ts";
import { apgdCase } from "./apgd.ts";
import { minimalCases } from "./minimal.ts";
import { purifierCases } from "./purifier.ts";
import { saturatedCases } from "./saturated.ts";
import { sweepCase, type TestImages } from "./sweep.ts";

/** One set of images and the net it was attacked on, loaded when its first case runs. */
interface Attacked {
  tag: string;
  file: CaseFile;
  net(gpu: Engine): Promise<Net>;
}

const GRADIENT = 1e-4; // relative
const STEP = 1e-6; // a step with the stored gradient
/** Share of wrong pixels: whole iterated attacks on the net with batch norm amplify rounding. */
const wrongPixels = (net: Net, steps: number): number => (net.name === "BnNet" && steps > 1 ? 0.05 : 0.001);

type Kind = Pick<AttackOptions, "steps" | "decay"> & { alpha: number };
const KINDS: Record<string, (args: Args) => Kind> = {
  FGSM: (args) => ({ alpha: args.number("eps", 0), steps: 1 }),
  BIM: (args) => ({ alpha: args.number("alpha", 0), steps: args.number("steps", 10) }),
  PGD: (args) => ({ alpha: args.number("alpha", 0), steps: args.number("steps", 10) }),
  MIFGSM: (args) => ({ alpha: args.number("alpha", 0), steps: args.number("steps", 10),
    decay: args.number("decay", 1) }),
  FFGSM: (args) => ({ alpha: args.number("alpha", 0), steps: 1 }),
  PGDL2: (args) => ({ alpha: args.number("alpha", 0), steps: args.number("steps", 10) }),
};

/** The attack of a kind with all its settings given. */
const attackOf = (kind: string, model: Model, { noise, ...options }: AttackOptions): Attack =>
  kind === "PGDL2" ? pgdL2(model, { ...options, randomStart: false, ...(noise && { noise }) })
    : makeAttack(model, { ...options, noise });

/** "torchattacks.PGD (float64 run)" -> "PGD"; without a source the case's name decides. */
function kindOf(id: string, source: unknown): string {
  const [, named] = /torchattacks\.(\w+)/.exec(String(source ?? "")) ?? [];
  if (named) return named;
  const prefixes: [string, string][] = [["ffgsm", "FFGSM"], ["fgsm", "FGSM"], ["bim", "BIM"], ["ifgsm", "BIM"], [
    "pgd_l2",
    "PGDL2",
  ], ["pgd", "PGD"], ["mifgsm", "MIFGSM"]];
  return prefixes.find(([prefix]) => id.startsWith(prefix))?.[1] ?? id;
}

interface Manifest {
  args?: Record<string, unknown>;
  source?: unknown;
}

function optionsOf(id: string, { args: raw = {}, source }: Manifest): AttackOptions & { alpha: number; steps: number } {
  const kind = kindOf(id, source);
  const args = new Args(raw);
  const known = KINDS[kind];
  if (!known) throw new Unsupported(`purigrad has no attack ${kind}`);
  const options = { eps: args.number("eps", 0), targeted: args.flag("targeted", id.includes("targeted")), steps: 1,
    ...known(args) };
  args.flag("random_start", false);
  args.done();
  return options;
}

async function attackCase(gpu: Engine, { file, net }: Attacked, id: string, entry: Manifest): Promise<Check[]> {
  const options = optionsOf(id, entry);
  const model = await net(gpu);
  const x = upload(gpu, await file.get("x"));
  const labels = upload(gpu, await file.get(options.targeted ? "target" : "y"));
  const noise = (await file.has(`${id}.noise`)) ? upload(gpu, await file.get(`${id}.noise`)) : undefined;
  if (!noise && entry.args?.random_start === true) throw new Error(`${file.path} has no ${id}.noise for the random ` +
    `start`);
  const due = await file.get(`${id}.adv`);
  const adv = attackOf(kindOf(id, entry.source), model.forward, { ...options, noise })(x, labels);
  const judged = (await file.has(`${id}.f32_disagree_count`))
    ? [...numbers(await file.get(`${id}.f32_disagree_count`))].map((n) => n === 0)
    : x.shape.slice(0, 1).flatMap((n) => new Array<boolean>(n).fill(true));
  const checks = [{ what: "the share of wrong pixels", error: pixelsOff(await adv.data(), numbers(due), judged),
    limit: wrongPixels(model, options.steps) }];
  if (await file.has(`${id}.logits`)) {
    const logits = gpu.scope(() => model.forward(gpu.tensor(numbers(due), due.shape)));
    checks.push({ what: "the logits of the stored images",
      error: relativeError(await logits.data(), numbers(await file.get(`${id}.logits`))), limit: GRADIENT });
  }
  return checks;
}

/** Rows k of a stored [steps, n, ...]. */
async function frames(file: CaseFile, name: string): Promise<{ shape: number[]; at(k: number): Float32Array }> {
  const t = await file.get(name);
  const all = numbers(t);
  const size = all.length / t.shape[0]!;
  return { shape: t.shape.slice(1), at: (k) => all.subarray(k * size, (k + 1) * size) };
}

/**
 * From each stored point: the gradient against the stored one, then a step with the stored gradient to the next point.
 */
async function stepsCase(gpu: Engine, { file, net }: Attacked, id: string, entry: Manifest): Promise<Check[]> {
  const o = optionsOf(id, entry);
  const [points, gradients] = [await frames(file, `${id}.traj_x`), await frames(file, `${id}.traj_grad`)];
  const momenta = o.decay === undefined ? null : await frames(file, `${id}.traj_momentum_meanL1`);
  const labels = numbers(await file.get(o.targeted ? "target" : "y")).subarray(0, points.shape[0]!);
  const y = gpu.tensor(Int32Array.from(labels), [labels.length], "i32");
  const image = (data: Float32Array): Tensor => gpu.tensor(data, points.shape);
  const gradient = lossGradient((await net(gpu)).forward);
  const settings = gpu.tensor([o.eps, o.targeted ? -o.alpha : o.alpha, o.decay ?? 0, 0]);
  const x = image(points.at(0));
  const checks: Check[] = [];
  for (let k = 0; k < o.steps; k++) {
    const adv = image(points.at(k));
    const dx = gpu.scope(() => gradient(adv, y));
    checks.push({ what: `the gradient of step ${k + 1}`, error: relativeError(await dx.data(), gradients.at(k)),
      limit: GRADIENT });
    const m = momenta && (k === 0 ? gpu.zeros(points.shape) : image(momenta.at(k - 1)));
    gpu.scope(
      () => (m ? momentumStep(x, adv, image(gradients.at(k)), m, settings)
        : signStep(x, adv, image(gradients.at(k)), settings))
    );
    if (m)
      checks.push({ what: `the momentum of step ${k + 1}`, error: relativeError(await m.data(), momenta.at(k)),
        limit: GRADIENT });
    const due = points.at(k + 1);
    const off = (await adv.data()).reduce((worst, v, i) => Math.max(worst, Math.abs(v - due[i]!)), 0);
    checks.push({ what: `step ${k + 1}`, error: off, limit: STEP });
    [adv, dx, m].forEach((t) => t?.dispose());
  }
  return checks;
}

/** Logits, losses and the gradient of the summed loss at the clean images. */
async function cleanCase(gpu: Engine, { file, net }: Attacked): Promise<Check[]> {
  const { forward } = await net(gpu);
  const [x, y] = [upload(gpu, await file.get("x")), upload(gpu, await file.get("y"))];
  const made: Record<string, Tensor> = gpu.scope(() => {
    const logits = forward(x);
    return { logits_clean: logits, loss_clean: crossEntropy(logits, y, { reduction: "none" }),
      grad_sum: lossGradient(forward as Model)(x, y) };
  });
  const checks: Check[] = [];
  for (const [name, t] of Object.entries(made))
    if (await file.has(name))
      checks.push({ what: name, error: relativeError(await t.data(), numbers(await file.get(name))), limit: GRADIENT });
  return checks;
}

const isRecord = (v: unknown): v is Record<string, unknown> => typeof v === "object" && v !== null && !Array.isArray(v);

function attacked(read: ReadCase, tag: string): Attacked {
  const weights = weightsFile(read, tag);
  let net: Net | null = null;
  return { tag, file: new CaseFile(read, `attacks/${tag}.safetensors`),
    net: async (gpu) => (net ??= netOf(gpu, await weights.tensors(), await layersOf(read, tag))) };
}

async function tagCases(read: ReadCase, tag: string, entries: Record<string, unknown>): Promise<Case[]> {
  const set = attacked(read, tag);
  const at = (name: string, op: string, run: Case["run"]): Case => ({ id: `attacks/${tag}/${name}`, op, run });
  const stored = await set.file.tensors().catch(() => ({}));
  return [
    at("clean", "gradient", (gpu) => cleanCase(gpu, set)),
    ...Object.entries(entries).flatMap(([id, entry]) => {
      const op = kindOf(id, (entry as Manifest).source).toLowerCase();
      const whole = at(id, op, (gpu) => attackCase(gpu, set, id, entry as Manifest));
      return `${id}.traj_x` in stored
        ? [whole, at(`${id}/steps`, op, (gpu) => stepsCase(gpu, set, id, entry as Manifest))] : [whole];
    }),
  ];
}

/** All cases of attacks/manifest.json. */
export async function attackCases(read: ReadCase, images?: TestImages): Promise<Case[]> {
  const manifest = (await readJson(read, "attacks/manifest.json")) ?? {};
  const cases: Case[] = [];
  for (const [tag, entry] of Object.entries(manifest)) {
    if (!isRecord(entry) || tag === "nets") continue;
    if (isRecord(entry.cases)) cases.push(...(await tagCases(read, tag, entry.cases)));
    else if (tag === "mnist_cnn_saturated") cases.push(...saturatedCases(read));
    else if (tag.startsWith("apgd_")) cases.push(apgdCase(read, tag, entry));
    else if (tag.startsWith("eps_sweep")) cases.push(sweepCase(read, tag, entry, images));
    else if (tag === "vae_purifier") cases.push(...(await purifierCases(read, entry)));
    else cases.push({ id: `attacks/${tag}`, op: tag, run: async () => { throw new Unsupported(`purigrad has nothing ` +
      `to compare with attacks/${tag} yet`); } });
  }
  const minimal = await readJson(read, "attacks/mnist_minimal.json");
  return [...cases, ...(minimal ? minimalCases(read, minimal) : [])];
}
