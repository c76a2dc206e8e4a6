import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import { dropout, flatten, maxPool2d, relu } from "../kernels/index.ts";
import { applyConv, applyLinear, convSpec, linearSpec } from "./layers.ts";
import { makeParameters, type Parameters } from "./params.ts";

export interface Classifier {
  params: Parameters;
  /** Images [N,C,H,W] in [0,1] to logits [N,10]; dropout only while training. */
  forward(x: Tensor, training?: boolean): Tensor;
}

/**
 * The MNIST classifier under attack: two 3x3 convolutions, each with a 2x2 max pool and ReLU, then two linear layers
 * with dropout between. Images [N,1,28,28].
 */
export function cnn(gpu: Engine, seed: number, { channels = [16, 32], hidden = 128 } = {}): Classifier {
  const [c1, c2] = channels as [number, number];
  const p = makeParameters(
    gpu,
    { ...convSpec("conv1", 1, c1, 3), ...convSpec("conv2", c1, c2, 3), ...linearSpec("fc1", c2 * 49, hidden),
      ...linearSpec("fc2", hidden, 10) },
    seed,
  );
  const block = (name: string, x: Tensor) => relu(maxPool2d(applyConv(p, name, x, { padding: 1 }), 2));
  return {
    params: p,
    forward(x, training = false) {
      const h = relu(applyLinear(p, "fc1", flatten(block("conv2", block("conv1", x)))));
      return applyLinear(p, "fc2", training ? dropout(h, 0.5) : h);
    },
  };
}
