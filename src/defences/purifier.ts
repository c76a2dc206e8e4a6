// What an evaluation sees of a defence.

import { add, logSoftmax, logsumexp, reshape } from "../kernels/index.ts";
import type { Tensor } from "../engine/tensor.ts";

/** Images [N,C,H,W] in [0,1] to images of the same shape, or to logits [N,K]. */
type Map = (x: Tensor) => Tensor;

/** A defence, ready to be attacked. */
export interface Purifier {
  /** As in result files and on the command line. */
  name: string;
  /** As in tables. */
  title: string;
  /** Images [N,C,H,W] in [0,1] to what the classifier sees, as deployed. */
  purify: Map;
  /**
   * Images [N,C,H,W] to [draws*N,C,H,W], draw after draw: what the classifier might see, on new draws of the
   * defence's noise. Absent where it has none.
   */
  sample?: (x: Tensor, draws: number) => Tensor;
  /** A differentiable stand-in on the way back, for a purifier without a useful gradient of its own. */
  substitute?: Map;
  /** Images to logits, for a defence that is or has a classifier of its own; otherwise the attacked one judges. */
  classify?: Map;
  /** So many draws of `sample` vote, by the mean of their probabilities. */
  votes?: number;
}

/** What of a defence decides how an image is read. */
export type Decides = Pick<Purifier, "purify" | "sample" | "votes" | "classify">;

/** All of a defence before a classifier: images [N,C,H,W] to logits [N,K], or to log probabilities after a vote. */
export function deployed({ purify, sample, votes, classify }: Decides, classifier: Map): Map {
  const judge = classify ?? classifier;
  if (!votes || !sample) return (x) => judge(purify(x));
  return (x) => {
    const logits = judge(sample(x, votes));
    const [n, k] = [x.shape[0]!, logits.shape[1]!];
    return add(logsumexp(reshape(logSoftmax(logits, { dim: 1 }), [votes, n, k]), { dim: 0 }), -Math.log(votes));
  };
}

/** Images as they are. */
export const NO_DEFENCE: Purifier = { name: "none", title: "no defence", purify: (x) => x };
