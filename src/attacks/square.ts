// Square: a black box. It sees logits alone and tries squares of one colour at random places.

import type { Engine } from "../engine/engine.ts";
import type { Captured } from "../engine/run/capture.ts";
import type { Shape, Tensor } from "../engine/tensor.ts";
import { checkNumber, checkOptions, checkWhole, fail } from "../kernels/check.ts";
import { add, arange, clamp, floor, ge, le, lt, mul, rand, reshape, sign, sub, where } from "../kernels/index.ts";
import { holdStatistics } from "../kernels/norm/held.ts";
import type { Attack, Model } from "./loop.ts";
import { shapedAttack } from "./shaped.ts";
import { perImage } from "./states.ts";
import { marginLoss } from "./losses.ts";

export interface SquareOptions {
  /** Radius of the L-infinity ball, in pixel units of [0, 1]. */
  eps: number;
  /** Looks at the logits, the first at the stripes that it starts from; 5000 by default. */
  queries?: number;
  /** Share of the pixels that the first squares cover; 0.8 by default. */
  p?: number;
}

/** What the share of pixels is divided by once a run of 10,000 queries is beyond each number. */
const SHRINKS = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

/** The side of the squares at a query: a share of the pixels that halves again and again. */
export function sideAt(query: number, queries: number, p: number, [, H, W]: readonly number[]): number {
  const at = Math.floor((query / queries) * 10_000);
  const share = p / 2 ** SHRINKS.filter((least) => at > least).length;
  return Math.min(Math.max(Math.round(Math.sqrt(share * H! * W!)), 1), H!, W!);
}

/** -1 or 1 at random. */
const signs = (gpu: Engine, shape: Shape): Tensor => sign(sub(rand(gpu, shape), 0.5));

/** Tensors of one attack at one batch shape. */
class State {
  readonly x: Tensor;
  readonly y: Tensor;
  private readonly adv: Tensor;
  /** [N]: above 0 where the model is fooled. */
  private readonly margin: Tensor;
  readonly begin: Captured<[], Tensor>;
  readonly query: Captured<[Tensor], Tensor>;

  constructor(private readonly gpu: Engine, shape: Shape, private readonly model: Model, private readonly eps: number) {
    [this.x, this.adv] = [gpu.keep(gpu.zeros(shape)), gpu.keep(gpu.zeros(shape))];
    this.y = gpu.keep(gpu.empty([shape[0]!], "i32"));
    this.margin = gpu.keep(gpu.zeros([shape[0]!]));
    this.begin = gpu.capture(() => this.stripes());
    this.query = gpu.capture((side: Tensor) => this.square(side));
  }

  private marginOf(images: Tensor): Tensor {
    return holdStatistics(this.gpu, () => marginLoss(this.model(images), this.y));
  }

  /** Starts from vertical stripes, which fool convolutional networks best. */
  private stripes(): Tensor {
    const { gpu, x, adv, eps } = this;
    const [N, C, , W] = x.shape as [number, number, number, number];
    const start = clamp(add(x, mul(signs(gpu, [N, C, 1, W]), eps)), 0, 1);
    gpu.copy(start, adv);
    gpu.copy(this.marginOf(start), this.margin);
    return adv;
  }

  /** Of images [N,1,H,W]: 1 within a square of that side at a random place, else 0. */
  private window(side: Tensor): Tensor {
    const { gpu, x } = this;
    const [N, , H, W] = x.shape as [number, number, number, number];
    const along = (size: number, shape: Shape): Tensor => {
      const first = floor(mul(rand(gpu, [N, 1, 1, 1]), add(sub(size, side), 1)));
      const at = reshape(arange(gpu, size), shape);
      return mul(ge(at, first), lt(at, add(first, side)));
    };
    return mul(along(H, [1, 1, H, 1]), along(W, [1, 1, 1, W]));
  }

  /** Moves one square of each image to a corner of the ball and keeps it where the model is surer of another class. */
  private square(side: Tensor): Tensor {
    const { gpu, x, adv, eps, margin } = this;
    const colours = mul(signs(gpu, [x.shape[0]!, x.shape[1]!, 1, 1]), 2 * eps);
    const moved = add(adv, mul(this.window(side), colours));
    const next = clamp(add(x, clamp(sub(moved, x), -eps, eps)), 0, 1);
    const found = this.marginOf(next);
    const taken = mul(lt(margin, found), le(margin, 0)); // who is fooled stays so
    gpu.copy(where(perImage(taken, 4), next, adv), adv);
    gpu.copy(where(taken, found, margin), margin);
    return adv;
  }

  dispose(): void {
    [this.begin, this.query, this.x, this.y, this.adv, this.margin].forEach((part) => part.dispose());
  }
}

/**
 * Square, L-infinity, a black box: of each image random squares are set to x + eps or x - eps, channel by channel, and
 * kept where the margin to the best other class grows. Andriushchenko, Croce, Flammarion and Hein, "Square attack: a
 * query-efficient black-box adversarial attack via random search", ECCV 2020. Images [N,C,H,W]. Defaults: 5000 queries,
 * p 0.8.
 *
 *     const adv = squareAttack(model, { eps: 8 / 255, queries: 1000 })(images, labels);
 */
export function squareAttack(model: Model, options: SquareOptions): Attack {
  checkOptions("squareAttack", options, ["eps", "queries", "p"]);
  const { eps, queries = 5000, p = 0.8 } = options;
  checkNumber("squareAttack", "eps", eps, 0, Number.MAX_VALUE);
  checkWhole("squareAttack", "queries", queries, 1);
  checkNumber("squareAttack", "p", p, 0, 1);
  return shapedAttack("squareAttack", model, (gpu, shape) => new State(gpu, shape, model, eps), (s, x, labels) => {
    if (x.shape.length !== 4) fail("squareAttack", "images [N,C,H,W] are due", { x });
    const { gpu } = x;
    gpu.copy(x, s.x);
    gpu.copy(labels, s.y);
    let found = s.begin();
    for (let i = 1; i < queries; i++) found = s.query(gpu.tensor([sideAt(i - 1, queries, p, x.shape.slice(1))], [1]));
    return found;
  });
}
