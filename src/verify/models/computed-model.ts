// What lies above the ops, against float64 on the host: optimisers, schedules, losses of the autoencoders.

import { linear } from "../../kernels/index.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Autoencoder } from "../../model/networks/autoencoder.ts";
import { vaeLoss } from "../../model/losses.ts";
import { oneCycle, sgd, stepLr } from "../../model/optim.ts";
import { makeParameters } from "../../model/params.ts";
import { relativeError, type Case, type Check } from "../case.ts";
import { check, computedCase as one, numbers } from "../computed-tools.ts";

// ---- optimisers and schedules ---------------------------------------------------------------------------------------

interface Sgd {
  lr: number;
  momentum?: number;
  dampening?: number;
  nesterov?: boolean;
  weightDecay?: number;
}

/** torch.optim.SGD for constant gradients. */
function sgdByHand(p: number[], g: number[], o: Sgd, steps: number): number[] {
  const { lr, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = o;
  return p.map((start, i) => {
    let [value, moved] = [start, 0];
    for (let t = 0; t < steps; t++) {
      const d = g[i]! + weightDecay * value;
      moved = t === 0 ? d : momentum * moved + (1 - dampening) * d;
      value -= lr * (momentum === 0 ? d : nesterov ? d + momentum * moved : moved);
    }
    return value;
  });
}

const SGDS: Sgd[] = [
  { lr: 0.1 }, { lr: 0.1, weightDecay: 0.3 }, { lr: 0.05, momentum: 0.9 },
  { lr: 0.05, momentum: 0.9, weightDecay: 0.2, nesterov: true }, { lr: 0.05, momentum: 0.8, dampening: 0.4 },
];

async function runSgd(gpu: Engine, options: Sgd): Promise<Check[]> {
  const [p, g] = [numbers("sgd p", 7), numbers("sgd g", 7)];
  const params = makeParameters(gpu, { w: { shape: [7], init: p } }, 0);
  const optimizer = sgd([params], options);
  for (let i = 0; i < 3; i++) gpu.scope(() => optimizer.step([gpu.tensor(g)]));
  const checks = [await check("w after 3 steps", params.get("w"), sgdByHand(p, g, options, 3))];
  optimizer.dispose();
  params.dispose();
  return checks;
}


/** oneCycle as torch.optim.lr_scheduler.OneCycleLR, here down to 0, and stepLr as StepLR. */
async function runSchedules(): Promise<Check[]> {
  const [cycle, step] = [oneCycle(0.2, 10, { endDiv: 1e12 }), stepLr(1, 3)];
  const error = (got: number[], due: number[]) => relativeError(got, due);
  // its rise goes over 0.3 * 10 - 1 = 2 steps, its fall over the other 7
  const rise = [0, 1, 2].map((t) => 0.2 + ((0.008 - 0.2) * (1 + Math.cos((Math.PI * t) / 2))) / 2);
  const fall = [1, 2, 3, 4, 5, 6, 7].map((t) => (0.2 * (1 + Math.cos((Math.PI * t) / 7))) / 2);
  return [
    { what: "oneCycle", error: error([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(cycle), [...rise, ...fall]), limit: 1e-9 },
    { what: "stepLr", error: error([0, 2, 3, 6].map(step), [1, 1, 0.1, 0.01]), limit: 1e-12 },
  ];
}

// ---- losses ---------------------------------------------------------------------------------------------------------

/** A linear autoencoder whose posterior is so narrow that the draw of z does not show. */
function narrow(gpu: Engine, logvar: number): Autoencoder {
  const [encoder, decoder] = [makeParameters(gpu, { e: { shape: [2, 3], init: numbers("vae e", 6) } }, 0),
    makeParameters(gpu, { d: { shape: [3, 2], init: numbers("vae d", 6) } }, 0)];
  return { latent: 2, latentShape: [2], encoder, decoder,
    encode: (x) => {
      const mu = linear(x, encoder.get("e"));
      return { mu, logvar: gpu.full(mu.shape, logvar) };
    },
    decode: (z) => linear(z, decoder.get("d")) };
}

async function runVae(gpu: Engine): Promise<Check[]> {
  const [logvar, lam, kl] = [-40, 3, 0.25];
  const [x, e, d] = [numbers("vae x", 12), numbers("vae e", 6), numbers("vae d", 6)];
  const net = narrow(gpu, logvar);
  const input = gpu.tensor(x, [4, 3]);
  const loss = gpu.keep(gpu.scope(() => vaeLoss(net, input, input, lam, kl)));
  const images = [0, 1, 2, 3].map((n) => x.slice(3 * n, 3 * n + 3));
  const due = images.map((row) => {
    const mu = [0, 1].map((j) => row.reduce((s, v, i) => s + v * e[3 * j + i]!, 0));
    const made = [0, 1, 2].map((i) => mu.reduce((s, m, j) => s + m * d[2 * i + j]!, 0));
    const divergence = mu.reduce((s, m) => s + 0.5 * (m * m + Math.exp(logvar) - 1 - logvar), 0);
    return (lam / 2) * made.reduce((s, v, i) => s + (v - row[i]!) ** 2, 0) + kl * divergence;
  });
  const checks = [await check("vaeLoss", loss, [due.reduce((a, b) => a + b, 0) / 4])];
  [loss, input, net.encoder, net.decoder].forEach((t) => t.dispose());
  return checks;
}

export function modelCases(): Case[] {
  return [
    ...SGDS.map((o) => one("sgd", JSON.stringify(o), (gpu) => runSgd(gpu, o))),
    one("schedules", "one cycle and steps", runSchedules),
    one("vaeLoss", "kl 0.25", runVae),
  ];
}
