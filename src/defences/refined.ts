// Latent refinement: the decoder of a purifier is asked again. Some steps of gradient descent move the code of an image
// to where its reconstruction comes closer to the image; only then the classifier sees it. Nothing is trained, and a
// gradient goes through all steps, so that attacks that know the purifier know them, too.

import { grad } from "../engine/grad/tape.ts";
import type { Tensor } from "../engine/tensor.ts";
import { abs, mul, relu, square, sub, sum } from "../kernels/index.ts";
import { decoded, type Autoencoder } from "../model/networks/autoencoder.ts";
import type { Defence } from "./defence.ts";
import { cvaeG, vaeG } from "./plus-g.ts";

/** Chosen on the last training images of MNIST; more steps, momentum and other rates were no better. */
const STEPS = 10;
const RATE = 0.1;
/** A pixel may differ by so much: what an attack within that radius adds is not to be reconstructed. */
const SLACK = 0.2;

/** Codes z of images x [N,C,H,W], after STEPS steps down sum max(|decode(z) - x| - SLACK, 0)^2. */
function refine({ decode }: Autoencoder, x: Tensor, z: Tensor): Tensor {
  for (let step = 0; step < STEPS; step++) {
    const at = z;
    const [dz] = grad(() => sum(square(relu(sub(abs(sub(decode(at), x)), SLACK)))), [at]);
    z = sub(z, mul(dz!, RATE));
  }
  return z;
}

const refined = (base: Defence): Defence => ({ ...base, name: `${base.name}-refined`, title: `${base.title} (refined)`,
  open({ network }) {
    const net = network!.net!;
    return { purify: (x) => decoded(net, refine(net, x, net.encode(x).mu)) };
  } });

export const vaeGRefined = refined(vaeG);
export const cvaeGRefined = refined(cvaeG);
