// Optimisers: one fused kernel per Parameters updates everything; formulas in shaders/model/optim.wgsl. The step count, the
// learning rate and the momentum live on the GPU, so a captured step can be replayed while they change.

import source from "../../shaders/model/optim.wgsl";
import { linearGrid } from "../engine/engine.ts";
import { kernel, type Constants, type Kernel } from "../engine/run/shader.ts";
import { quadsOf, type Tensor } from "../engine/tensor.ts";
import type { Parameters, StateDict } from "./params.ts";

export { constant, cosine, oneCycle, stepLr, type OneCycleOptions, type Schedule } from "./schedules.ts";

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

const PARAMS = { weightDecay: 0, dampening: 0, nesterov: 0, eps: 0, beta1: 0, beta2: 0, rest1: 1, rest2: 1, log1: 0, log2: 0 };

/** One Parameters with its gradients and moments. */
interface Slot {
  params: Parameters;
  grads: Parameters;
  moments: Record<string, Parameters>;
}

export class Optimizer {
  private readonly slots: Slot[];
  /** [learning rate, momentum] */
  private readonly settings: Tensor;
  /** [steps, 1 - beta1^t, 1 - beta2^t] */
  private readonly clock: Tensor;
  private current: [number, number];

  constructor(params: readonly Parameters[], lr: number, momentum: number, private readonly rule: Rule) {
    const gpu = params[0]?.flat.gpu;
    if (!gpu) throw new Error("optimizer: no parameters given");
    this.slots = params.map((p) => ({ params: p, grads: p.likeZero(), moments: Object.fromEntries(rule.moments.map((m) => [m, p.likeZero()])) }));
    this.current = [lr, momentum];
    this.settings = gpu.keep(gpu.tensor(this.current));
    this.clock = gpu.keep(gpu.zeros([3]));
  }

  /** Where `step` puts the gradients, in their order; a gradient that is one of these is not copied. */
  get gradients(): Tensor[] {
    return this.slots.flatMap((s) => s.grads.list());
  }

  /** One step. `grads` in the order of the parameters: of all tensors of the first Parameters, then of the second, .. */
  step(grads: readonly Tensor[]): void {
    const targets = this.gradients;
    if (grads.length !== targets.length) throw new Error(`optimizer: ${grads.length} gradients given, ${targets.length} parameters are there`);
    const { update, constants = {} } = this.rule;
    const gpu = this.clock.gpu;
    gpu.scope(() => {
      grads.forEach((g, i) => gpu.place(g, targets[i]!));
      gpu.run(tick, { clock: this.clock }, { n4: 0, ...PARAMS, ...this.rule.params }, [1]);
      for (const { params, grads: dp, moments } of this.slots) {
        const tensors: Record<string, Tensor> = { settings: this.settings, time: this.clock, p: params.flat, dp: dp.flat };
        for (const [name, moment] of Object.entries(moments)) tensors[name] = moment.flat;
        const n4 = quadsOf(params.flat.shape);
        const bound = Object.fromEntries(update.bindings.map(({ name }) => [name, tensors[name]!]));
        gpu.run(update, bound, { n4, ...PARAMS, ...this.rule.params }, linearGrid(n4), constants);
      }
    });
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
    if (!this.rule.moments.includes("m") || this.rule.params.beta1) throw new Error("optimizer: it has no momentum to set; make it with sgd(params, { lr, momentum })");
    this.set(this.lr, momentum);
  }

  private set(lr: number, momentum: number): void {
    if (lr === this.lr && momentum === this.momentum) return;
    this.current = [lr, momentum];
    this.settings.gpu.write(this.settings, this.current);
  }

  /** Step count, settings and moments, for a checkpoint; not the parameters. */
  async state(): Promise<StateDict> {
    const state: StateDict = {};
    const save = async (name: string, t: Tensor) => void (state[name] = { dtype: "F32", shape: [...t.shape], data: await t.data() });
    await save("clock", this.clock);
    await save("settings", this.settings);
    for (const [i, { moments }] of this.slots.entries())
      for (const [name, moment] of Object.entries(moments)) await save(`${i}.${name}`, moment.flat);
    return state;
  }

  /** Goes on from a saved state to the same bits. */
  restore(state: Record<string, { data: ArrayLike<number> }>): void {
    const load = (name: string, t: Tensor): void => {
      const data = state[name]?.data;
      if (data?.length !== t.size) throw new Error(`optimizer: the saved ${name} has ${data?.length ?? "no"} numbers, ${t.size} are due; it was saved by another optimizer or for other parameters`);
      t.gpu.write(t, Float32Array.from(data));
    };
    load("clock", this.clock);
    load("settings", this.settings);
    this.current = [state.settings!.data[0]!, state.settings!.data[1]!];
    this.slots.forEach(({ moments }, i) => Object.entries(moments).forEach(([name, moment]) => load(`${i}.${name}`, moment.flat)));
  }

  /** Frees the gradients and moments; the parameters stay. */
  dispose(): void {
    for (const { grads, moments } of this.slots) [grads, ...Object.values(moments)].forEach((p) => p.dispose());
    this.settings.dispose();
    this.clock.dispose();
  }
}

export interface SgdOptions {
  lr: number;
  momentum?: number;
  dampening?: number;
  nesterov?: boolean;
  weightDecay?: number;
}

/** torch.optim.SGD; without momentum it keeps no moments. The first step's momentum is the gradient, undamped. */
export function sgd(params: readonly Parameters[], { lr, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 }: SgdOptions): Optimizer {
  const rule: Rule = momentum
    ? { update: sgdKernel, moments: ["m"], params: { dampening, nesterov: Number(nesterov), weightDecay } }
    : { update: plainKernel, moments: [], params: { weightDecay } };
  return new Optimizer(params, lr, momentum, rule);
}

export interface AdamOptions {
  lr: number;
  betas?: readonly [number, number];
  eps?: number;
  weightDecay?: number;
}

function adamRule({ betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8, weightDecay = 0 }: AdamOptions, DECOUPLED: boolean): Rule {
  const params = { beta1, beta2, rest1: 1 - beta1, rest2: 1 - beta2, log1: Math.log(beta1), log2: Math.log(beta2), eps, weightDecay };
  return { update: adamKernel, moments: ["m", "v"], params, constants: { DECOUPLED } };
}

/** torch.optim.Adam; the weight decay is added to the gradient (L2). */
export const adam = (params: readonly Parameters[], options: AdamOptions): Optimizer => new Optimizer(params, options.lr, 0, adamRule(options, false));

/** torch.optim.AdamW; the weight decay shrinks the parameters and leaves the gradient alone. */
export const adamw = (params: readonly Parameters[], options: AdamOptions): Optimizer =>
  new Optimizer(params, options.lr, 0, adamRule({ weightDecay: 0.01, ...options }, true));

/** torch.optim.RMSprop without momentum. */
export function rmsprop(params: readonly Parameters[], { lr, alpha = 0.99, eps = 1e-8, weightDecay = 0 }: { lr: number; alpha?: number; eps?: number; weightDecay?: number }): Optimizer {
  return new Optimizer(params, lr, 0, { update: rmspropKernel, moments: ["v"], params: { beta2: alpha, rest2: 1 - alpha, eps, weightDecay } });
}
