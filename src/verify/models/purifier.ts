// The cases of attacks/vae_purifier: a stochastic purifier before mnist_cnn_trained, all of its noise recorded, and six
// gradients of the summed cross-entropy with respect to the input; attacks along such gradients, step by step with the
// recorded noise; verdicts under the noise of the evaluation.

import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { add, mul, reparameterize } from "../../kernels/index.ts";
import { bpdaGradient, eotGradient, lossGradient, repeated, type EotAverage } from "../../attacks/index.ts";
import { signStep } from "../../attacks/kernels.ts";
import type { SafeTensor, SafeTensors } from "../../data/safetensors.ts";
import { CaseFile, numbers, pixelsOff, relativeError, upload, type Case, type Check, type ReadCase } from "../case.ts";
import { layersOf, netOf, vaeOf, weightsFile, type Net, type Vae } from "./nets.ts";

const LIMIT = 1e-4; // relative

interface Setup {
  gpu: Engine;
  vae: Vae;
  model: Net["forward"];
  x: Tensor;
  y: Tensor;
  eps1: Tensor;
  /** Several draws. */
  epsK: Tensor[];
}

/** Through the purifier with a draw, or through its mean latent. */
const through = (s: Setup, eps?: Tensor): Tensor => lossGradient((x) => s.model(s.vae.purify(x, eps)))(s.x, s.y);
/** BPDA on a draw, back through the identity or through the mean latent. */
const atPurified = (s: Setup, eps: Tensor, back: "identity" | "mean" = "identity"): Tensor =>
  bpdaGradient((x) => s.vae.purify(x, eps), s.model, back === "mean" ? (x) => s.vae.purify(x) : undefined)(s.x, s.y);
const over = (s: Setup, draws: Tensor[], what: EotAverage): Tensor =>
  eotGradient(repeated((x, k) => s.model(s.vae.purify(x, draws[k]))), draws.length, what)(s.x, s.y);
const average = (list: Tensor[]): Tensor => mul(list.reduce((a, b) => add(a, b)), 1 / list.length);

const FORWARD: Record<string, (s: Setup) => Tensor> = {
  mu: (s) => s.vae.mu(s.x),
  logvar: (s) => s.vae.logvar(s.x),
  z: (s) => reparameterize(s.vae.mu(s.x), s.vae.logvar(s.x), { eps: s.eps1 }),
  recon: (s) => s.vae.purify(s.x, s.eps1),
  recon_mean_latent: (s) => s.vae.purify(s.x),
  logits_purified: (s) => s.model(s.vae.purify(s.x, s.eps1)),
};

const GRADIENTS: Record<string, (s: Setup) => Tensor> = {
  grad_exact: (s) => through(s, s.eps1),
  grad_mean_latent: (s) => through(s),
  grad_bpda_identity: (s) => atPurified(s, s.eps1),
  grad_bpda_forwardsub_mean_latent: (s) => atPurified(s, s.eps1, "mean"),
  grad_eot_mean_of_loss_grads: (s) => over(s, s.epsK, "gradients"),
  grad_eot_loss_of_mean_prob: (s) => over(s, s.epsK, "probabilities"),
};

/** The gradient that each attack follows at x; `draws` are the noise recorded for its step. */
const ATTACKS: Record<string, (s: Setup, draws: Tensor[]) => Tensor> = {
  graybox_pgd: (s) => lossGradient(s.model)(s.x, s.y),
  bpdapgd: (s, [eps]) => atPurified(s, eps!),
  reparampgd: (s, [eps]) => through(s, eps),
  eotpgd: (s, draws) => over(s, draws, "gradients"),
  eotbpdapgd: (s, draws) => average(draws.map((eps) => atPurified(s, eps))),
};

/** Row k of a stored [steps, ...] as draws: one [n,d], or several of a [draws,n,d]. */
function drawsAt(gpu: Engine, t: SafeTensor, k: number): Tensor[] {
  const [steps, ...rest] = t.shape as [number, ...number[]];
  const shape = rest.slice(-2);
  const [per, size] = [t.data.length / steps, shape[0]! * shape[1]!];
  return Array.from({ length: per / size },
    (_, j) => gpu.tensor(numbers(t).subarray(k * per + j * size, k * per + (j + 1) * size), shape));
}

/** Sign steps along the attack's gradient, with the recorded noise of each step. */
async function runAttack(s: Setup, file: CaseFile, name: string,
  { eps = 0.15, alpha = 0.04, steps = 10 }: Settings): Promise<Tensor> {
  const stored = name === "eotbpdapgd" ? "eotpgd.noise" : `${name}.noise`;
  const noise = name === "graybox_pgd" ? null : await file.get(stored);
  const settings = s.gpu.tensor([eps, alpha, 0, 0]);
  const adv = s.gpu.empty(s.x.shape);
  s.gpu.copy(s.x, adv);
  for (let k = 0; k < steps; k++)
    s.gpu.scope(() =>
      signStep(s.x, adv, ATTACKS[name]!({ ...s, x: adv }, noise ? drawsAt(s.gpu, noise, k) : []), settings)
    );
  return adv;
}

/** Logits of the purified stored images under the recorded noise of the evaluation, draw by draw. */
async function evaluate(s: Setup, file: CaseFile, name: string): Promise<Check[]> {
  const adv = upload(s.gpu, await file.get(`${name}.adv`));
  const noise = await file.get("eval.noise");
  const correct = numbers(await file.get(`${name}.eval_correct`));
  const [n, labels] = [adv.shape[0]!, numbers(await file.get("y"))];
  const draws = noise.shape[0]!;
  let [total, differ] = [new Float64Array(), 0];
  for (let k = 0; k < draws; k++) {
    const logits = await s.gpu.scope(() => s.model(s.vae.purify(adv, drawsAt(s.gpu, noise, k)[0]!))).data();
    total = total.length ? total.map((v, i) => v + logits[i]!) : Float64Array.from(logits);
    for (let i = 0; i < n; i++) {
      const row = logits.subarray((i * logits.length) / n, ((i + 1) * logits.length) / n);
      if (Number(row.indexOf(Math.max(...row)) === labels[i]) !== correct[k * n + i]) differ++;
    }
  }
  const due = numbers(await file.get(`${name}.eval_mean_logits`));
  return [
    { what: "the mean logits", error: relativeError(total.map((v) => v / draws), due), limit: LIMIT },
    { what: "the share of other verdicts", error: differ / correct.length, limit: 0 },
  ];
}

interface Settings {
  eps?: number;
  alpha?: number;
  steps?: number;
}

export async function purifierCases(read: ReadCase, settings: Settings): Promise<Case[]> {
  const file = new CaseFile(read, "attacks/vae_purifier.safetensors");
  const [vaeWeights, netWeights] = [weightsFile(read, "vae"), weightsFile(read, "mnist_cnn_trained")];
  const load = async (gpu: Engine): Promise<Setup> => {
    const get = async (name: string) => upload(gpu, await file.get(name));
    const model = netOf(gpu, await netWeights.tensors(), await layersOf(read, "mnist_cnn_trained")).forward;
    const epsK = await file.get("epsK");
    const draws = Array.from({ length: epsK.shape[0]! }, (_, k) => drawsAt(gpu, epsK, k)[0]!);
    return { gpu, vae: vaeOf(gpu, await vaeWeights.tensors()), model, x: await get("x"), y: await get("y"),
      eps1: await get("eps1"), epsK: draws };
  };
  const at = (name: string, op: string, run: (s: Setup) => Promise<Check[]>): Case => ({
    id: `attacks/vae_purifier/${name}`,
    op,
    run: async (gpu) => run(await load(gpu)),
  });
  const stored = await file.tensors().catch((): SafeTensors => ({}));
  const named = (names: string[]) => names.filter((name) => `${name}.adv` in stored);
  return [
    ...Object.entries({ ...FORWARD, ...GRADIENTS }).map(([name, make]) =>
      at(name, FORWARD[name] ? "purifier" : "purifier gradient",
        async (s) => [{ what: name, error: relativeError(await s.gpu.scope(() =>
          make(s)
        ).data(), numbers(await file.get(name))), limit: LIMIT }])
    ),
    ...named(Object.keys(ATTACKS)).map((name) =>
      at(name, name, async (s) => {
        const adv = await (await runAttack(s, file, name, settings)).data();
        return [{ what: "the share of wrong pixels",
          error: pixelsOff(adv, numbers(await file.get(`${name}.adv`)), new Array<boolean>(s.x.shape[0]!).fill(true)),
          limit: 0.001 }];
      })
    ),
    ...named(["clean", ...Object.keys(ATTACKS)]).map((name) =>
      at(`${name}/evaluation`, "purifier", (s) => evaluate(s, file, name))
    ),
  ];
}
