// Launchers of the attack kernels (shaders/attacks/attack.wgsl, shaders/attacks/keep_worst.wgsl). State is updated in
// place.

import attackSource from "../../shaders/attacks/attack.wgsl";
import special from "../../shaders/pointwise/special.wgsl";
import worstSource from "../../shaders/attacks/keep_worst.wgsl";
import { engineOf, linearGrid, sweep } from "../engine/engine.ts";
import { philox } from "../engine/random.ts";
import { kernel } from "../engine/run/shader.ts";
import { quadsOf, type Draws, type Tensor } from "../engine/tensor.ts";
import { abs, mean } from "../kernels/index.ts";
import { UNIT } from "./units.ts";

const entry = (name: string) =>
  kernel("shaders/attacks/attack.wgsl", attackSource, { entry: name, parts: [philox, special] });
const startKernel = entry("start");
const signKernel = entry("signStep");
const momentumKernel = entry("momentum");
const watchKernel = entry("watch");
const chooseKernel = kernel("shaders/attacks/keep_worst.wgsl", worstSource, { entry: "choose", parts: [special] });
const updateKernel = kernel("shaders/attacks/keep_worst.wgsl", worstSource, { entry: "update", parts: [special] });

const pixelsOf = (x: Tensor) => x.size / x.shape[0]!;
const paramsOf = (x: Tensor, [low, high] = UNIT) => ({ n: x.size, pixels: pixelsOf(x), low, high });
const gridOf = (x: Tensor) => linearGrid(quadsOf(x.shape));

/** adv = clamp(x + eps * U(-1, 1), 0, 1). settings = [eps, alpha, decay, 0]. */
export function randomStart(x: Tensor, adv: Tensor, settings: Tensor, generator: Draws): void {
  const draw = generator.draw();
  x.gpu.run(startKernel, { settings, x, adv, draw }, paramsOf(x), gridOf(x));
}

/** One step along sign(dx), projected to the eps-ball around x and to [0, 1]. */
export function signStep(x: Tensor, adv: Tensor, dx: Tensor, settings: Tensor): void {
  x.gpu.run(signKernel, { settings, x, dx, adv }, paramsOf(x), gridOf(x));
}

/** m = decay * m + dx / mean|dx|, then one step along sign(m). */
export function momentumStep(x: Tensor, adv: Tensor, dx: Tensor, m: Tensor, settings: Tensor): void {
  const norm = mean(abs(dx), { dim: dx.shape.map((_, i) => i).slice(1) });
  x.gpu.run(momentumKernel, { settings, x, dx, adv, m, norm }, paramsOf(x), gridOf(x));
}

/** best[n] = adv[n] and worst[n] = loss[n] wherever loss[n] > worst[n]. */
export function keepWorst(adv: Tensor, loss: Tensor, best: Tensor, worst: Tensor): void {
  adv.gpu.run(chooseKernel, { loss, worst, adv, best }, { n: adv.size, pixels: pixelsOf(adv) }, linearGrid(adv.size));
  adv.gpu.run(updateKernel, { loss, worst }, { n: loss.size, pixels: 1 }, linearGrid(loss.size));
}

const SAID = (range: string): string[] => [
  "",
  `an image has pixels outside of ${range}, or NaN; scale the images to ${range}`,
  "the adversarial images are not finite: the model's logits or gradients are not, or a label is none of its classes " +
  `(a projection of one's own must also stay within ${range})`,
];

/**
 * Has the images looked at: the next read throws one sentence where pixels of x are not within the bounds, or where the
 * model has made pixels of adv NaN.
 */
export function watchImages(op: string, x: Tensor, adv: Tensor, bounds = UNIT): void {
  const gpu = engineOf(x);
  if (gpu.recording || gpu.tape) return;
  gpu.scope(() => {
    const flags = gpu.zeros([4], "u32");
    const { grid, WG } = sweep(quadsOf(x.shape));
    gpu.run(watchKernel, { x, adv_read: adv, flags }, paramsOf(x, bounds), grid, { WG });
    gpu.expect(flags, ([found]) => (found ? `${op}: ${SAID(`[${bounds.join(", ")}]`)[found & 1 ? 1 : 2]}` : null));
  });
}
