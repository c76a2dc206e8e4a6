import source from "../../../shaders/image/tv_denoise.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkOptions, checkPositive, checkRank, checkTensor, checkWhole } from "../check.ts";

const entry = (name: string) => kernel("shaders/image/tv_denoise.wgsl", source, { entry: name });
const [step, primal] = [entry("step"), entry("primal")];
const [primalBack, stepBack, spread] = [entry("primal_back"), entry("step_back"), entry("spread")];

/** Chambolle proves convergence up to 1/8 and sees it, as scikit-image does, with 1/4. */
const TAU = 0.25;

/** How much tvDenoise smooths, and how exactly. */
export interface TvDenoiseOptions {
  /** How much smoothness counts against closeness to x, > 0 in the units of x: 0.1 by default. */
  weight?: number;
  /** Projections of the dual: 30 by default. */
  steps?: number;
}

const paramsOf = (x: Tensor, weight: number) => {
  const [N, C, H, W] = x.shape as [number, number, number, number];
  return { P: N * C, H, W, weight, tau: TAU };
};

/** Back through the steps; `fields` are the dual fields from the first, zero, to the last. */
function backward(x: Tensor, fields: readonly Tensor[], dy: Tensor, weight: number): Tensor {
  const [gpu, params, grid] = [x.gpu, paramsOf(x, weight), linearGrid(x.size)];
  return gpu.scope(() => {
    const dx = gpu.empty(x.shape);
    const [dg, direct] = [gpu.empty([...x.shape, 2]), gpu.empty([...x.shape, 2])];
    let [dp, other] = [gpu.empty([...x.shape, 2]), gpu.empty([...x.shape, 2])];
    if (x.size > 0) gpu.run(primalBack, { dy, dp, dx }, params, grid);
    for (let i = fields.length - 2; i >= 0 && x.size > 0; i--) {
      gpu.run(stepBack, { x, p: fields[i]!, dnext: dp, dg, direct }, params, grid);
      gpu.run(spread, { slope: dg, rest: direct, dp: other, dx }, params, grid);
      [dp, other] = [other, dp];
    }
    return dx;
  });
}

/**
 * Total-variation denoising of x [N,C,H,W], each channel by itself: Chambolle's (2004) dual projections, a fixed number
 * of them; names and weight as in scikit-image's denoise_tv_chambolle. The mean of a channel stays as it is, and so do
 * its bounds in the limit. The gradient is that of the steps as they are; for it every dual field is kept, 8 bytes a
 * pixel and step.
 */
export function tvDenoise(x: Tensor, options: TvDenoiseOptions = {}): Tensor {
  checkTensor("tvDenoise", "x", x);
  checkRank("tvDenoise", "x", x, 4, "[N,C,H,W]");
  checkOptions("tvDenoise", options, ["weight", "steps"]);
  const { weight = 0.1, steps = 30 } = options;
  checkPositive("tvDenoise", "weight", weight);
  checkWhole("tvDenoise", "steps", steps, 1);
  const [gpu, params, grid] = [x.gpu, paramsOf(x, weight), linearGrid(x.size)];
  return gpu.scope(() => {
    const y = gpu.empty(x.shape);
    const fields = [gpu.zeros([...x.shape, 2])];
    for (let i = 0; i < steps && x.size > 0; i++) {
      const next = !gpu.tape && i > 0 ? fields.shift()! : gpu.empty([...x.shape, 2]);
      gpu.run(step, { x, p: fields.at(-1)!, next }, params, grid);
      fields.push(next);
    }
    if (x.size > 0) gpu.run(primal, { x, p: fields.at(-1)!, y }, params, grid);
    return record("tvDenoise", y, [x], (dy) => [backward(x, fields, dy, weight)]);
  });
}
