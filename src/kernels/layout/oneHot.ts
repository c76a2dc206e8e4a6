import special from "../../../shaders/pointwise/special.wgsl";
import source from "../../../shaders/layout/one_hot.wgsl";
import { linearGrid } from "../../engine/run/grid.ts";
import { kernel } from "../../engine/run/shader.ts";
import { noGradient } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkTensor, checkWhole } from "../check.ts";

const main = kernel("shaders/layout/one_hot.wgsl", source, { parts: [special] });

/**
 * Labels i32 of any shape -> f32 [.., classes]: 1 at the label, else 0; a row of NaN for a label outside. No gradient.
 */
export function oneHot(labels: Tensor, classes: number): Tensor {
  checkTensor("oneHot", "labels", labels, "i32");
  checkWhole("oneHot", "classes", classes, 1);
  const y = labels.gpu.empty([...labels.shape, classes]);
  labels.gpu.run(main, { index: labels, y }, { n: y.size, C: classes }, linearGrid(y.size));
  return noGradient("oneHot", y, [labels]);
}
