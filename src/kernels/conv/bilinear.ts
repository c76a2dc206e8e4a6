// Derivatives of higher order. A convolution is linear in its images and in its weights, and so are its two gradients:
// each of the three is the gradient of the others, so that they can be differentiated as often as one likes.

import { record } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import type { ConvSizes } from "./conv.ts";
import { convForward, convInputGradient } from "./convGather.ts";
import { convWeightGradient } from "./convWeights.ts";

/** y = x * w, without bias. */
export const product = (s: ConvSizes, x: Tensor, w: Tensor): Tensor =>
  record("conv2d", convForward(s, x, w), [x, w], (dy) => [inputGradient(s, dy, w), weightGradient(s, x, dy)]);

/** dx for dy and w. */
export const inputGradient = (s: ConvSizes, dy: Tensor, w: Tensor): Tensor =>
  record("conv2d", convInputGradient(s, dy, w), [dy, w], (dx) => [product(s, dx, w), weightGradient(s, dx, dy)]);

/** dw for x and dy. */
export const weightGradient = (s: ConvSizes, x: Tensor, dy: Tensor): Tensor =>
  record("conv2d", convWeightGradient(s, x, dy, false).dw, [x, dy],
    (dw) => [inputGradient(s, dy, dw), product(s, x, dw)]);
