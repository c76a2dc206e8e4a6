// What attacks keep from batch to batch: tensors and captured steps for each batch shape, made when it first comes.

import { engineOf, type Engine } from "../engine/engine.ts";
import type { Shape, Tensor } from "../engine/tensor.ts";
import { add, mul, reshape } from "../kernels/index.ts";

export interface Disposable {
  dispose(): void;
}

/** One state for each shape of images. */
export function statesByShape<S extends Disposable>(make: (gpu: Engine, shape: Shape) => S) {
  const states = new Map<string, S>();
  return {
    of(x: Tensor): S {
      const found = states.get(x.shape.join()) ?? make(engineOf(x), x.shape);
      states.set(x.shape.join(), found);
      return found;
    },
    dispose(): void {
      states.forEach((state) => state.dispose());
      states.clear();
    },
  };
}

/** The images, NaN where a number of theirs, [N], is not finite: a search that met one must not look like a result. */
export const tainted = (images: Tensor, each: Tensor): Tensor =>
  add(images, perImage(mul(each, 0), images.shape.length));

/** One number an image, [N], in the shape that broadcasts over images of `rank` dimensions. */
export const perImage = (v: Tensor, rank: number): Tensor =>
  reshape(v, [v.size, ...new Array<number>(rank - 1).fill(1)]);
