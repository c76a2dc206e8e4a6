import type { Tensor } from "../engine/tensor.ts";
import { checkNumber, checkOptions } from "../kernels/check.ts";
import { add, clamp, mul, rand, sign } from "../kernels/index.ts";
import { shapedAttack } from "./shaped.ts";
import type { Attack } from "./loop.ts";

/** What noise randomNoise adds. */
export interface NoiseOptions {
  /** Radius of the L-infinity ball, in pixel units of [0, 1]. */
  eps: number;
  /** Every pixel moves by eps, up or down, instead of by a uniform amount. */
  corners?: boolean;
}

/** Noise asks no model; labels that are not given are all 0. */
const onePixel = (x: Tensor): Tensor => x.gpu.zeros([x.shape[0]!, 1]);

/**
 * Random noise of the size of an attack, clamp(x + u, 0, 1) with u uniform in (-eps, eps) or at a corner of the ball:
 * what a perturbation does that knows nothing. The baseline that an attack must beat (Carlini and others, "On
 * evaluating adversarial robustness", 2019).
 *
 *     const noisy = randomNoise({ eps: 0.2 })(images, labels);
 */
export function randomNoise(options: NoiseOptions): Attack {
  checkOptions("randomNoise", options, ["eps", "corners"]);
  const { eps, corners = false } = options;
  checkNumber("randomNoise", "eps", eps, 0, Number.MAX_VALUE);
  return shapedAttack("randomNoise", onePixel, () => ({ dispose: () => undefined }), (_, x: Tensor) => {
    const u = rand(x.gpu, x.shape, -1, 1);
    return clamp(add(x, mul(corners ? sign(u) : u, eps)), 0, 1);
  });
}
