import type { Engine } from "../engine/engine.ts";
import type { Shape, Tensor } from "../engine/tensor.ts";
import { checkOptions, checkWhole } from "../kernels/check.ts";
import { apgd, worseOf, type Ended } from "./apgd.ts";
import type { ApgdOptions } from "./apgd-state.ts";
import type { Attack, Model } from "./loop.ts";
import { dlrTargetedLoss } from "./losses.ts";
import { joined } from "./report.ts";
import { shapedAttack } from "./shaped.ts";
import { targetOf } from "./targets.ts";

/** As of APGD; the loss is fixed, and targets stand for restarts. */
export interface ApgdtOptions extends Omit<ApgdOptions, "loss" | "restarts" | "noise"> {
  /** Classes that an image is driven to, one after the other; 9 by default, all but its own where there are ten. */
  targets?: number;
}

/** The target of each image at one batch shape, and APGD towards it. */
class State {
  private readonly target: Tensor;
  readonly attack: ReturnType<typeof apgd>;

  constructor(private readonly gpu: Engine, shape: Shape, private readonly model: Model, options: ApgdOptions) {
    this.target = gpu.keep(gpu.zeros([shape[0]!], "i32"));
    this.attack = apgd(model, { ...options, loss: (logits, y) => dlrTargetedLoss(logits, y, this.target) });
  }

  towards(rank: number, x: Tensor, y: Tensor): Ended {
    this.gpu.copy(targetOf("apgdt", this.model, x, y, rank), this.target);
    return this.attack.run(x, y);
  }

  dispose(): void {
    [this.target, this.attack].forEach((part) => part.dispose());
  }
}

/**
 * APGD with the targeted DLR loss towards each of the likeliest other classes in turn, as AutoAttack has it: Croce and
 * Hein, ICML 2020. Of each image the first that the model gets wrong is kept, else the one of the highest loss. Logits
 * [N,K], K >= 4. Defaults: 9 targets, 100 steps each.
 *
 *     const adv = apgdt(model, { eps: 8 / 255, targets: 3 })(images, labels);
 */
export function apgdt(model: Model, options: ApgdtOptions): Attack {
  checkOptions("apgdt", options, ["eps", "norm", "steps", "rho", "gradient", "targets", "report"]);
  const { targets = 9, report, ...given } = options;
  const rest = { ...given, report: joined(targets, report) };
  checkWhole("apgdt", "targets", targets, 1);
  apgd(model, rest).dispose(); // its own checks, before anything runs
  return shapedAttack("apgdt", model, (gpu, shape) => new State(gpu, shape, model, rest), (state, x, labels) => {
    let kept = state.towards(0, x, labels);
    for (let rank = 1; rank < targets; rank++) kept = worseOf(kept, state.towards(rank, x, labels));
    return kept.adv;
  });
}
