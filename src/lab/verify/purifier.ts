// The cases of attacks/vae_purifier: a stochastic purifier before mnist_cnn_trained, all of its noise recorded, and six
// gradients of the summed cross-entropy with respect to the input.

import { grad, noGrad, valueAndGrad } from "../../engine/tape.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { add, crossEntropy, gather, log, mul, neg, reparameterize, reshape, softmax } from "../../kernels/index.ts";
import { lossGradient } from "../../attacks/index.ts";
import { CaseFile, Unsupported, numbers, relativeError, upload, type Case, type ReadCase } from "./case.ts";
import { netOf, vaeOf, weightsFile, type Net, type Vae } from "./nets.ts";

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

const loss = (s: Setup, xhat: Tensor): Tensor => crossEntropy(s.model(xhat), s.y, { reduction: "sum" });
const through = (s: Setup, eps?: Tensor): Tensor => grad(() => loss(s, s.vae.purify(s.x, eps)), [s.x])[0]!;
/** d loss / d xhat at the reconstruction from the first draw. */
const atPurified = (s: Setup): Tensor => lossGradient(s.model)(noGrad(s.gpu, () => s.vae.purify(s.x, s.eps1)), s.y);
const average = (list: Tensor[]): Tensor => mul(list.reduce((a, b) => add(a, b)), 1 / list.length);

/** -log of the mean over draws of the true class's probability. */
function lossOfMeanProbability(s: Setup): Tensor {
  const labels = reshape(s.y, [s.y.size, 1]);
  const probability = (eps: Tensor) => gather(softmax(s.model(s.vae.purify(s.x, eps))), 1, labels);
  return neg(log(average(s.epsK.map(probability))));
}

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
  grad_bpda_identity: atPurified,
  grad_bpda_forwardsub_mean_latent: (s) => valueAndGrad(() => s.vae.purify(s.x), [s.x], atPurified(s)).grads[0]!,
  grad_eot_mean_of_loss_grads: (s) => average(s.epsK.map((eps) => through(s, eps))),
  grad_eot_loss_of_mean_prob: (s) => grad(() => lossOfMeanProbability(s), [s.x])[0]!,
};

const ATTACKS = ["graybox_pgd", "bpdapgd", "reparampgd", "eotpgd", "eotbpdapgd"];

export function purifierCases(read: ReadCase): Case[] {
  const file = new CaseFile(read, "attacks/vae_purifier.safetensors");
  const [vaeWeights, netWeights] = [weightsFile(read, "vae"), weightsFile(read, "mnist_cnn_trained")];
  const load = async (gpu: Engine): Promise<Setup> => {
    const get = async (name: string) => upload(gpu, await file.get(name));
    const all = await file.get("epsK");
    const [K = 0, ...shape] = all.shape;
    const size = all.data.length / K;
    const epsK = Array.from({ length: K }, (_, k) => gpu.tensor(numbers(all).subarray(k * size, (k + 1) * size), shape));
    const model = netOf(gpu, await netWeights.tensors()).forward;
    return { gpu, vae: vaeOf(gpu, await vaeWeights.tensors()), model, x: await get("x"), y: await get("y"), eps1: await get("eps1"), epsK };
  };
  const compared = ([name, make]: [string, (s: Setup) => Tensor]): Case => ({
    id: `attacks/vae_purifier/${name}`, op: FORWARD[name] ? "purifier" : "purifier gradient",
    async run(gpu) {
      const s = await load(gpu);
      return [{ what: name, error: relativeError(await gpu.scope(() => make(s)).data(), numbers(await file.get(name))), limit: LIMIT }];
    },
  });
  const later = (name: string): Case => ({
    id: `attacks/vae_purifier/${name}`, op: name, run: async () => { throw new Unsupported(`purigrad does not run the attack ${name} on recorded noise yet`); },
  });
  return [...Object.entries({ ...FORWARD, ...GRADIENTS }).map(compared), ...ATTACKS.map(later)];
}
