import source from "../../../shaders/layout/one_hot.wgsl";
import { linearGrid } from "../../engine/engine.ts";
import { kernel } from "../../engine/run/shader.ts";
import { noGradient } from "../../engine/grad/tape.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { checkDType, fail } from "../check.ts";

const main = kernel("shaders/layout/one_hot.wgsl", source);

/** Labels i32 of any shape -> f32 [.., classes]: 1 at the label, else 0; a row of zeros for a label outside. No gradient. */
export function oneHot(labels: Tensor, classes: number): Tensor {
  checkDType("oneHot", "labels", labels, "i32");
  if (!Number.isInteger(classes) || classes < 1) fail("oneHot", `classes is ${classes}; a whole number >= 1 is due`);
  const y = labels.gpu.empty([...labels.shape, classes]);
  labels.gpu.run(main, { index: labels, y }, { n: y.size, C: classes }, linearGrid(y.size));
  return noGradient("oneHot", y, [labels]);
}
