// Optimisers: one fused kernel per Parameters updates everything; formulas in shaders/model/optim.wgsl. The step count,
// the learning rate and the momentum live on the GPU, so a captured step can be replayed while they change.

import source from "../../shaders/model/optim.wgsl";
import { linearGrid } from "../engine/engine.ts";
import { kernel, type Constants, type Kernel } from "../engine/run/shader.ts";
import { describeValue, quadsOf, type Tensor } from "../engine/tensor.ts";
import { checkFlag, checkNumber, fail } from "../kernels/check.ts";
import { abs, cat, max, reshape } from "../kernels/index.ts";
import { checkGradients, checkSettings, checkShare } from "./optim-checks.ts";
import { Parameters, finiteNumbers, type StateDict } from "./params.ts";

export { constant, cosine, oneCycle, stepLr, triangle, type OneCycleOptions, type Schedule } from "./schedules.ts";

const [tick, sgdKernel, plainKernel, adamKernel, rmspropKernel] = ["tick", "sgd", "sgd_plain", "adam", "rmsprop"].map(
  (name) => kernel("shaders/model/optim.wgsl", source, { entry: name }),
) as [Kernel, Kernel, Kernel, Kernel, Kernel];

/** What tells one optimiser from another: its kernel, the moments it keeps, its constants. */
interface Rule {
  update: Kernel;
  moments: ("m" | "v")[];
  params: Record<string, number>;
  constants?: Constants;
}

const PARAMS = { weightDecay: 0, dampening: 0, nesterov: 0, eps: 0, beta1: 0, beta2: 0, rest1: 1, rest2: 1, log1: 0,
  log2: 0 };

/** One Parameters with its gradients and moments. */
interface Slot {
  params: Parameters;
  grads: Parameters;
  moments: Record<string, Parameters>;
}

/**
 * Updates parameters from their gradients, one kernel a Parameters: made by sgd, adam, adamw or rmsprop. Step count,
 * learning rate and moments live on the GPU, so a captured step may be replayed while they change.
 */
export class Optimizer {
  private readonly slots: Slot[];
  /** [learning rate, momentum] */
  private readonly settings: Tensor;
  /** [steps, 1 - beta1^t, 1 - beta2^t] */
  private readonly clock: Tensor;
  private current: [number, number];

  /** @internal */
  constructor(params: readonly Parameters[], lr: number, momentum: number, private readonly rule: Rule) {
    const { gpu } = params[0]!.flat;
    this.slots = params.map((p) => ({ params: p, grads: p.likeZero(),
      moments: Object.fromEntries(rule.moments.map((m) => [m, p.likeZero()])) })
    );
    this.current = [lr, momentum];
    this.settings = gpu.keep(gpu.tensor(this.current));
    this.clock = gpu.keep(gpu.zeros([3]));
  }

  /** Where `step` puts the gradients, in their order; a gradient that is one of these is not copied. */
  get gradients(): Tensor[] {
    return this.slots.flatMap((s) => s.grads.list());
  }

  /**
   * One step. `grads` in the order of the parameters: of all tensors of the first Parameters, then of the second, ..
   */
  step(grads: readonly Tensor[]): void {
    const targets = this.gradients;
    checkGradients(grads, targets);
    const { update, constants = {} } = this.rule;
    const gpu = this.clock.gpu;
    gpu.scope(() => {
      grads.forEach((g, i) => gpu.place(g, targets[i]!));
      gpu.run(tick, { clock: this.clock }, { n4: 0, ...PARAMS, ...this.rule.params }, [1]);
      for (const { params, grads: dp, moments } of this.slots) {
        const tensors: Record<string, Tensor> = { settings: this.settings, time: this.clock, p: params.flat,
          dp: dp.flat };
        for (const [name, moment] of Object.entries(moments)) tensors[name] = moment.flat;
        const n4 = quadsOf(params.flat.shape);
        const bound = Object.fromEntries(update.bindings.map(({ name }) => [name, tensors[name]!]));
        gpu.run(update, bound, { n4, ...PARAMS, ...this.rule.params }, linearGrid(n4), constants);
      }
    });
  }

  /** The largest magnitudes of a parameter and a gradient of the last step, [2]; NaN or infinite where one is. */
  magnitudes(): Tensor {
    const largest = (sets: Parameters[]) =>
      max(cat(sets.map((p) => reshape(max(abs(p.flat)), [1]))), { keepdim: true });
    return this.clock.gpu.scope(() =>
      cat([largest(this.slots.map((s) => s.params)), largest(this.slots.map((s) => s.grads))])
    );
  }

  /** The first parameter or gradient that is not finite, by name; null where all are. */
  async findBroken(): Promise<string | null> {
    for (const [what, key] of [["parameter", "params"], ["gradient", "grads"]] as const)
      for (const slot of this.slots)
        for (const [name, { data }] of Object.entries(await slot[key].state()))
          if (!data.every(Number.isFinite)) return what === "parameter" ? `the parameter ${name}` : `the gradient of ` +
            `${name}`;
    return null;
  }

  /** The learning rate; set it between steps as you like. */
  get lr(): number {
    return this.current[0];
  }
  set lr(lr: number) {
    this.set(lr, this.momentum);
  }

  /** The momentum of SGD. */
  get momentum(): number {
    return this.current[1];
  }
  set momentum(momentum: number) {
    if (!this.rule.moments.includes("m") || this.rule.params.beta1) throw new Error("optimizer: it has no momentum " +
      "to set; make it with sgd(params, { lr, momentum })");
    this.set(this.lr, momentum);
  }

  private set(lr: number, momentum: number): void {
    checkNumber("optimizer", "lr", lr, 0, Number.MAX_VALUE);
    checkNumber("optimizer", "momentum", momentum, 0, Number.MAX_VALUE);
    if (lr === this.lr && momentum === this.momentum) return;
    this.current = [lr, momentum];
    this.settings.gpu.write(this.settings, this.current);
  }

  /** Step count, settings and moments, for a checkpoint; not the parameters. */
  async state(): Promise<StateDict> {
    const state: StateDict = {};
    const save = async (name: string, t: Tensor) =>
      void (state[name] = { dtype: "F32", shape: [...t.shape], data: await t.data() });
    await save("clock", this.clock);
    await save("settings", this.settings);
    for (const [i, { moments }] of this.slots.entries())
      for (const [name, moment] of Object.entries(moments)) await save(`${i}.${name}`, moment.flat);
    return state;
  }

  /** Goes on from a saved state to the same bits. */
  restore(state: Record<string, { data: ArrayLike<number> }>): void {
    const load = (name: string, t: Tensor): void => {
      const data = Object(state)[name]?.data as ArrayLike<number> | undefined;
      if (data?.length !== t.size) throw new Error(`optimizer: the saved ${name} has ${data?.length ?? "no"} ` +
        `numbers, ${t.size} are due; it was saved by another optimizer or for other parameters`);
      t.gpu.write(t, finiteNumbers("optimizer", name, data));
    };
    load("clock", this.clock);
    load("settings", this.settings);
    this.current = [state.settings!.data[0]!, state.settings!.data[1]!];
    this.slots.forEach(({ moments }, i) =>
      Object.entries(moments).forEach(([name, moment]) => load(`${i}.${name}`, moment.flat))
    );
  }

  /** Frees the gradients and moments; the parameters stay. */
  dispose(): void {
    for (const { grads, moments } of this.slots) [grads, ...Object.values(moments)].forEach((p) => p.dispose());
    this.settings.dispose();
    this.clock.dispose();
  }
}

/** Settings of sgd; defaults as PyTorch's. */
export interface SgdOptions {
  lr: number;
  momentum?: number;
  dampening?: number;
  nesterov?: boolean;
  weightDecay?: number;
}

/** torch.optim.SGD; without momentum it keeps no moments. The first step's momentum is the gradient, undamped. */
export function sgd(params: readonly Parameters[], options: SgdOptions): Optimizer {
  checkSettings("sgd", params, options, ["lr", "momentum", "dampening", "nesterov", "weightDecay"]);
  const { lr, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
  checkNumber("sgd", "dampening", dampening);
  checkFlag("sgd", "nesterov", nesterov);
  if (nesterov && (momentum === 0 || dampening !== 0)) fail("sgd", "nesterov needs a momentum and no dampening");
  const rule: Rule = momentum
    ? { update: sgdKernel, moments: ["m"], params: { dampening, nesterov: Number(nesterov), weightDecay } }
    : { update: plainKernel, moments: [], params: { weightDecay } };
  return new Optimizer(params, lr, momentum, rule);
}

/** Settings of adam and adamw; defaults as PyTorch's. */
export interface AdamOptions {
  lr: number;
  betas?: readonly [number, number];
  eps?: number;
  weightDecay?: number;
}

function adamOf(op: string, params: readonly Parameters[], options: AdamOptions, DECOUPLED: boolean): Optimizer {
  checkSettings(op, params, options, ["lr", "betas", "eps", "weightDecay"]);
  const { lr, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 } = options;
  if (!Array.isArray(betas) || betas.length !== 2)
    fail(op, `betas is ${describeValue(betas)}; a pair is due, such ` +
      `as [0.9, 0.999]`);
  const [beta1, beta2] = betas.map((beta: unknown, i: number) => checkShare(op, `betas[${i}]`, beta)) as [number,
    number];
  const rule = { beta1, beta2, rest1: 1 - beta1, rest2: 1 - beta2, log1: Math.log(beta1), log2: Math.log(beta2), eps,
    weightDecay };
  return new Optimizer(params, lr, 0, { update: adamKernel, moments: ["m", "v"], params: rule,
    constants: { DECOUPLED } });
}

/** torch.optim.Adam; the weight decay is added to the gradient (L2). */
export const adam = (params: readonly Parameters[], options: AdamOptions): Optimizer =>
  adamOf("adam", params, options, false);

/** torch.optim.AdamW; the weight decay shrinks the parameters and leaves the gradient alone. */
export const adamw = (params: readonly Parameters[], options: AdamOptions): Optimizer =>
  adamOf("adamw", params, { weightDecay: 0.01, ...options }, true);

/** Settings of rmsprop; defaults as PyTorch's. */
export interface RmspropOptions {
  lr: number;
  alpha?: number;
  eps?: number;
  weightDecay?: number;
}

/** torch.optim.RMSprop without momentum. */
export function rmsprop(params: readonly Parameters[], options: RmspropOptions): Optimizer {
  checkSettings("rmsprop", params, options, ["lr", "alpha", "eps", "weightDecay"]);
  const { lr, alpha = 0.99, eps = 1e-8, weightDecay = 0 } = options;
  checkShare("rmsprop", "alpha", alpha);
  return new Optimizer(params, lr, 0, { update: rmspropKernel, moments: ["v"],
    params: { beta2: alpha, rest2: 1 - alpha, eps, weightDecay } });
}
