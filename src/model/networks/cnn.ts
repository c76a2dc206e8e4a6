import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { fail } from "../../kernels/check.ts";
import { dropout, flatten, maxPool2d, relu } from "../../kernels/index.ts";
import { applyConv, applyLinear, convSpec, linearSpec } from "../layers.ts";
import { makeParameters, type Parameters } from "../params.ts";
import { checkSizes, DIGITS, type ImageShape } from "./sizes.ts";

/** A network that classifies, and its parameters. */
export interface Classifier {
  params: Parameters;
  /** Images [N,C,H,W] in [0,1] to logits [N,classes]; dropout only while training. */
  forward(x: Tensor, training?: boolean): Tensor;
}

/** Sizes of cnn: channels [16,32], 128 hidden units, 10 classes by default. */
export interface CnnOptions {
  channels?: readonly number[];
  hidden?: number;
  /** Of an image, [C,H,W]; those of MNIST unless given. H and W from 4. */
  shape?: ImageShape;
  classes?: number;
}

/**
 * The MNIST classifier under attack: two 3x3 convolutions, each with a 2x2 max pool and ReLU, then two linear layers
 * with dropout between. Images [N,C,H,W] in [0,1] to logits [N,classes].
 */
export function cnn(gpu: Engine, seed: number, options: CnnOptions = {}): Classifier {
  checkSizes("cnn", options, { numbers: ["hidden", "classes"], lists: { channels: 2 } });
  const { channels = [16, 32], hidden = 128, shape: [c, h, w] = DIGITS, classes = 10 } = options;
  if (h < 4 || w < 4) fail("cnn", `images are ${h}x${w}; sides of at least 4 are due`);
  const [c1, c2] = channels as [number, number];
  const quarter = Math.floor(h / 4) * Math.floor(w / 4);
  const p = makeParameters(
    gpu,
    { ...convSpec("conv1", c, c1, 3), ...convSpec("conv2", c1, c2, 3), ...linearSpec("fc1", c2 * quarter, hidden),
      ...linearSpec("fc2", hidden, classes) },
    seed,
  );
  const block = (name: string, x: Tensor) => relu(maxPool2d(applyConv(p, name, x, { padding: 1 }), 2));
  return {
    params: p,
    forward(x, training = false) {
      const y = relu(applyLinear(p, "fc1", flatten(block("conv2", block("conv1", x)))));
      return applyLinear(p, "fc2", training ? dropout(y, 0.5) : y);
    },
  };
}
