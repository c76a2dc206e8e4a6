// layerNorm and groupNorm: what batch norm does with a channel is done with each row of [1, rows, elements].

import { describeValue, sizeOf, type Shape, type Tensor } from "../../engine/tensor.ts";
import { checkNumber, checkOptions, checkShape, checkTensor, checkWhole, fail, sameShape } from "../check.ts";
import { reshape } from "../layout/reshape.ts";
import { add, mul } from "../pointwise/arithmetic.ts";
import { batchNorm } from "./batchNorm.ts";

/** (x - mean) / sqrt(variance + eps) of each of the rows of x seen as [rows, L]. */
function normalised(x: Tensor, rows: number, eps: number): Tensor {
  if (x.size === 0) return reshape(x, x.shape);
  if (x.size === rows) return mul(x, 0); // a single number is its own mean
  return reshape(batchNorm(reshape(x, [1, rows, -1]), null, null, { training: true, eps }), x.shape);
}

/** Scale, offset and eps (1e-5 by default) of layerNorm and groupNorm. */
export interface LayerNormOptions {
  /** Scale and offset, of the normalised shape. */
  weight?: Tensor;
  bias?: Tensor;
  eps?: number;
}

/** x [..,normalizedShape] normalised over these last dimensions; as torch.nn.functional.layer_norm, eps 1e-5. */
export function layerNorm(x: Tensor, normalizedShape: Shape, options: LayerNormOptions = {}): Tensor {
  checkTensor("layerNorm", "x", x);
  checkOptions("layerNorm", options, ["weight", "bias", "eps"]);
  const { weight, bias, eps = 1e-5 } = options;
  const lead = x.shape.length - (Array.isArray(normalizedShape) ? normalizedShape.length : NaN);
  if (!(lead >= 0) || normalizedShape.length === 0 || !sameShape(x.shape.slice(lead), normalizedShape))
    fail("layerNorm",
      `normalizedShape is ${
        Array.isArray(normalizedShape) ? `[${normalizedShape}]` : describeValue(normalizedShape)
      }; the last dimensions of x are due`, { x });
  for (const [name, t] of Object.entries({ weight, bias }))
    if (t) checkShape("layerNorm", name, checkTensor("layerNorm", name, t), normalizedShape);
  checkNumber("layerNorm", "eps", eps, 0);
  return x.gpu.scope(() => scaled(normalised(x, sizeOf(x.shape.slice(0, lead)), eps), weight, bias));
}

function scaled(x: Tensor, weight: Tensor | undefined, bias: Tensor | undefined): Tensor {
  const y = weight ? mul(x, weight) : x;
  return bias ? add(y, bias) : y;
}

/**
 * x [N,C,..] normalised over each of `groups` blocks of channels; weight and bias [C]; as
 * torch.nn.functional.group_norm, eps 1e-5.
 */
export function groupNorm(x: Tensor, groups: number, options: LayerNormOptions = {}): Tensor {
  checkTensor("groupNorm", "x", x);
  checkOptions("groupNorm", options, ["weight", "bias", "eps"]);
  const { weight, bias, eps = 1e-5 } = options;
  if (x.shape.length < 2) fail("groupNorm", "x needs a batch and a channel dimension", { x });
  const [N, C] = x.shape as [number, number];
  checkWhole("groupNorm", "groups", groups, 1);
  if (C % groups) fail("groupNorm", `${C} channels cannot be parted into ${groups} groups`, { x });
  for (const [name, t] of Object.entries({ weight, bias }))
    if (t) checkShape("groupNorm", name, checkTensor("groupNorm", name, t), [C]);
  checkNumber("groupNorm", "eps", eps, 0);
  const ofChannels = (t?: Tensor) => t && reshape(t, [C, ...x.shape.slice(2).map(() => 1)]);
  return x.gpu.scope(() => scaled(normalised(x, N * groups, eps), ofChannels(weight), ofChannels(bias)));
}
