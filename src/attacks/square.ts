// Square: a black box. It sees logits alone and tries changes of squares at random places.

import { engineOf, type Engine } from "../engine/engine.ts";
import type { Captured } from "../engine/run/capture.ts";
import type { Shape, Tensor } from "../engine/tensor.ts";
import { checkChoice, checkNumber, checkOptions, checkWhole, fail } from "../kernels/check.ts";
import { add, gt, le, lt, mul, where } from "../kernels/index.ts";
import { holdStatistics } from "../kernels/norm/held.ts";
import type { Attack, Model } from "./loop.ts";
import { marginLoss } from "./losses.ts";
import { shapedAttack } from "./shaped.ts";
import { L2, LINF, type Moves } from "./square-moves.ts";
import { perImage, tainted } from "./states.ts";

/** How squareAttack searches; eps alone has no default. */
export interface SquareOptions {
  /** Radius of the ball: "Linf" in pixel units of [0, 1], "L2" a length over all pixels. */
  eps: number;
  /** Of the ball: "Linf" by default. */
  norm?: "Linf" | "L2";
  /** Looks at the logits, the first at what it starts from, beside one at the images; 5000 by default. */
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

/** Tensors of one attack at one batch shape. */
class State {
  readonly x: Tensor;
  readonly y: Tensor;
  private readonly adv: Tensor;
  /** [N] each: above 0 where the model is fooled, by the images so far and by the clean ones. */
  private readonly margin: Tensor;
  private readonly before: Tensor;
  readonly begin: Captured<[], Tensor>;
  readonly query: Captured<Tensor[], Tensor>;
  readonly result: Captured<[], Tensor>;

  constructor(private readonly gpu: Engine, shape: Shape, private readonly model: Model, private readonly eps: number,
    private readonly moves: Moves) {
    [this.x, this.adv] = [gpu.keep(gpu.zeros(shape)), gpu.keep(gpu.zeros(shape))];
    this.y = gpu.keep(gpu.empty([shape[0]!], "i32"));
    [this.margin, this.before] = [gpu.keep(gpu.zeros([shape[0]!])), gpu.keep(gpu.zeros([shape[0]!]))];
    this.begin = gpu.capture(() => this.start());
    this.query = gpu.capture((...inputs: Tensor[]) => this.look(inputs));
    this.result = gpu.capture(() => this.taken());
  }

  /** What was found; the image itself where that is milder, NaN where margins were. */
  private taken(): Tensor {
    const { x, adv, margin, before } = this;
    return tainted(where(perImage(lt(margin, before), 4), x, adv), add(margin, before));
  }

  private marginOf(images: Tensor): Tensor {
    return holdStatistics(this.gpu, () => marginLoss(this.model(images), this.y));
  }

  /** An image that is wrong already stays as it is. */
  private start(): Tensor {
    const { gpu, x, adv, margin, before } = this;
    const start = this.moves.start(x, this.eps);
    const [clean, found] = [this.marginOf(x), this.marginOf(start)];
    const wrong = gt(clean, 0);
    gpu.copy(where(perImage(wrong, 4), x, start), adv);
    gpu.copy(where(wrong, clean, found), margin);
    gpu.copy(clean, before);
    return adv;
  }

  /** Keeps a move where the model is surer of another class. */
  private look(inputs: readonly Tensor[]): Tensor {
    const { gpu, x, adv, margin } = this;
    const next = this.moves.moved(x, adv, this.eps, inputs);
    const found = this.marginOf(next);
    const taken = mul(lt(margin, found), le(margin, 0)); // who is fooled stays so
    gpu.copy(where(perImage(taken, 4), next, adv), adv);
    gpu.copy(where(taken, found, margin), margin);
    return adv;
  }

  dispose(): void {
    [this.begin, this.query, this.result, this.x, this.y, this.adv, this.margin, this.before]
      .forEach((part) => part.dispose());
  }
}

const MOVES: Record<"Linf" | "L2", Moves> = { Linf: LINF, L2 };

/**
 * Square, a black box: it sees logits alone and keeps a random change where the margin to the best other class grows.
 * In L-infinity a square of each image is set to x + eps or x - eps, channel by channel; in L2 a square takes a bump of
 * two colours, for which another gives up its change. Andriushchenko, Croce, Flammarion and Hein, "Square attack: a
 * query-efficient black-box adversarial attack via random search", ECCV 2020, as in auto-attack's code, but that every
 * image has its own places. An image that is wrong already, or that no change brings nearer to another class, ends as
 * it was. Images [N,C,H,W] in [0,1]. Defaults: L-infinity, 5000 queries, p 0.8.
 *
 *     const adv = squareAttack(model, { eps: 8 / 255, queries: 1000 })(images, labels);
 */
export function squareAttack(model: Model, options: SquareOptions): Attack {
  checkOptions("squareAttack", options, ["eps", "norm", "queries", "p"]);
  const { eps, norm = "Linf", queries = 5000, p = 0.8 } = options;
  checkNumber("squareAttack", "eps", eps, 0, Number.MAX_VALUE);
  checkChoice("squareAttack", "norm", norm, ["Linf", "L2"]);
  checkWhole("squareAttack", "queries", queries, 1);
  checkNumber("squareAttack", "p", p, 0, 1);
  const moves = MOVES[norm];
  const make = (gpu: Engine, shape: Shape) => new State(gpu, shape, model, eps, moves);
  return shapedAttack("squareAttack", model, make, (s, x, labels) => {
    if (x.shape.length !== 4) fail("squareAttack", "images [N,C,H,W] are due", { x });
    const { gpu } = x;
    const [H, W] = x.shape.slice(2) as [number, number];
    gpu.copy(x, s.x);
    gpu.copy(labels, s.y);
    s.begin();
    let [side, inputs] = [0, [] as Tensor[]];
    for (let i = 1; i < queries; i++) {
      const due = moves.side(sideAt(i - 1, queries, p, x.shape.slice(1)), H, W);
      if (due !== side) [side, inputs] = [due, moves.inputs(engineOf(x), due, H, W)];
      s.query(...inputs);
    }
    return s.result();
  });
}
