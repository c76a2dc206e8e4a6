import { describeValue, type Tensor } from "../engine/tensor.ts";
import { checkNumber, checkTensor, fail } from "../kernels/check.ts";
import { add, clamp, div, mul, sqrt, square, sum } from "../kernels/index.ts";

/** Gradients after clipGradNorm, and their norm before. */
export interface Clipped {
  grads: Tensor[];
  /** A scalar. */
  totalNorm: Tensor;
}

/**
 * Gradients of any shapes scaled by maxNorm / (norm + 1e-6) where the norm of all of them together is above maxNorm, as
 * torch.nn.utils.clip_grad_norm_, which overwrites them: here they are new tensors, for `optimizer.step(grads)`.
 */
export function clipGradNorm(grads: readonly Tensor[], maxNorm: number): Clipped {
  if (!Array.isArray(grads) || grads.length === 0)
    fail("clipGradNorm", `the gradients are ${describeValue(grads)}; an array of tensors is due`);
  grads.forEach((g: unknown, i) => checkTensor("clipGradNorm", `gradient ${i}`, g));
  checkNumber("clipGradNorm", "maxNorm", maxNorm, 0);
  return (grads as readonly Tensor[])[0]!.gpu.scope(() => {
    const squares = (grads as readonly Tensor[]).map((g) => sum(square(g)));
    const totalNorm = sqrt(squares.reduce((a, b) => add(a, b)));
    const factor = clamp(div(maxNorm, add(totalNorm, 1e-6)), 0, 1);
    return { grads: grads.map((g) => mul(g, factor)), totalNorm };
  });
}
