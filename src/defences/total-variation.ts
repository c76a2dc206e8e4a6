import { checkOptions, checkPositive, checkWhole } from "../kernels/check.ts";
import { clamp, tvDenoise } from "../kernels/index.ts";
import type { Defence } from "./defence.ts";
import type { Purifier } from "./purifier.ts";

export interface TotalVariationOptions {
  /** Weight of the variation against half the squared distance; images in [0,1]. */
  weight: number;
  /** Steps of the dual problem. */
  steps?: number;
}

/**
 * The image nearest to x [N,C,H,W] of little total variation, channel by channel: Rudin, Osher and Fatemi, 1992, by the
 * projection of Chambolle, "An algorithm for total variation minimization", 2004. As a defence: Guo et al., "Countering
 * adversarial images using input transformations", ICLR 2018. Its gradient is that of the steps.
 */
export function totalVariation(options: TotalVariationOptions): Pick<Purifier, "purify"> {
  checkOptions("totalVariation", options, ["weight", "steps"]);
  const { weight, steps = 20 } = options;
  checkPositive("totalVariation", "weight", weight);
  checkWhole("totalVariation", "steps", steps, 1);
  return { purify: (x) => x.gpu.scope(() => clamp(tvDenoise(x, { weight, steps }), 0, 1)) };
}

export const totalVariationRow: Defence = { name: "tv", title: "total variation",
  open: () => totalVariation({ weight: 0.05 }) };
