// What networks with batch norm share: parameters that are trained, statistics that training moves, one state dict.

import type { Engine } from "../../engine/engine.ts";
import { describeValue, type Tensor } from "../../engine/tensor.ts";
import { checkOptions, checkWhole, fail } from "../../kernels/check.ts";
import { batchNorm, conv2d, div, sub } from "../../kernels/index.ts";
import type { Classifier } from "./cnn.ts";
import { makeParameters, type GivenState, type ParameterSpec, type Parameters,
  type StateDict } from "../params.ts";

/**
 * A classifier with batch norm: beside its parameters it has statistics, which training moves and no optimiser sees.
 */
export interface NormalisedClassifier extends Classifier {
  /** running_mean and running_var of every batch norm. */
  statistics: Parameters;
  /** Parameters and statistics, as a torchvision state dict. */
  state(): Promise<StateDict>;
  /** Takes both from a state dict; `num_batches_tracked` is left out. Throws for a tensor missing or too many. */
  load(state: GivenState): void;
}

/** Sizes of a network with batch norm. */
export interface NormalisedOptions {
  /** Channels of the first stage. */
  channels?: number;
  classes?: number;
  /** Of each input channel, of which there are 3 otherwise: images in [0,1] are normalised by the network itself. */
  mean?: readonly number[];
  std?: readonly number[];
}

/** The options with their defaults, and how many channels the images have. */
export function checkNormalised(op: string, options: NormalisedOptions,
  more: readonly string[] = []): { channels: number; classes: number; inputs: number } {
  checkOptions(op, options, ["channels", "classes", "mean", "std", ...more]);
  const { channels = 64, classes = 10, mean, std } = options;
  for (const [name, value] of Object.entries({ channels, classes })) checkWhole(op, name, value, 1);
  const inputs = (mean ?? std ?? [0, 0, 0]).length;
  for (const [name, values] of Object.entries({ mean, std })) {
    if (values === undefined) continue;
    const right = (v: number) => Number.isFinite(v) && (name === "mean" || v > 0);
    if (!Array.isArray(values) || values.length !== inputs || inputs === 0 || !values.every(right))
      fail(op, `${name} is ${describeValue(values)}; ${inputs || "some"} numbers${name === "std" ? " > 0" : ""} are ` +
        `due, one for each channel of the images`);
  }
  return { channels, classes, inputs };
}

/** Uniform with He's deviation sqrt(2 / fan out), as torchvision draws it from a normal distribution. */
export const convSpec = (name: string, inputs: number, outputs: number, k: number): ParameterSpec =>
  ({ [`${name}.weight`]: { shape: [outputs, inputs, k, k], init: "kaiming-uniform", fanIn: (outputs * k * k) / 6 } });

export const normSpec = (name: string, channels: number): ParameterSpec =>
  ({ [`${name}.weight`]: { shape: [channels], init: "ones" }, [`${name}.bias`]: { shape: [channels], init: "zeros" } });

const statisticsSpec = (name: string, channels: number): ParameterSpec => ({
  [`${name}.running_mean`]: { shape: [channels], init: "zeros" },
  [`${name}.running_var`]: { shape: [channels], init: "ones" },
});

/** The statistics of every batch norm in `parameters`: those are the only weights that are vectors. */
function statisticsOf(parameters: ParameterSpec): ParameterSpec {
  const norms = Object.entries(parameters).filter(([name, { shape }]) =>
    name.endsWith(".weight") && shape.length === 1
  );
  return Object.assign({},
    ...norms.map(([name, { shape }]) => statisticsSpec(name.slice(0, -".weight".length), shape[0]!)));
}

/** The layers of such a network by the names of their parameters. */
export interface Layers {
  params: Parameters;
  conv(name: string, x: Tensor, stride: number, padding: number): Tensor;
  /** With `relu` max(y, 0) in the same kernel. */
  norm(name: string, x: Tensor, training: boolean, relu?: boolean): Tensor;
}

/** A network from its spec and its forward pass. */
export function normalisedClassifier(gpu: Engine, seed: number, spec: ParameterSpec,
  { mean, std }: NormalisedOptions,
  forward: (layers: Layers, x: Tensor, training: boolean) => Tensor): NormalisedClassifier {
  const params = makeParameters(gpu, spec, seed);
  const statistics = makeParameters(gpu, statisticsOf(spec), seed);
  const layers: Layers = {
    params,
    conv: (name, x, stride, padding) => conv2d(x, params.get(`${name}.weight`), undefined, { stride, padding }),
    norm: (name, x, training, relu = false) =>
      batchNorm(x, params.get(`${name}.weight`), params.get(`${name}.bias`), {
        runningMean: statistics.get(`${name}.running_mean`), runningVar: statistics.get(`${name}.running_var`),
        training, relu }),
  };
  const normalise = inputNormaliser(gpu, mean, std);
  return {
    params,
    statistics,
    forward: (x, training = false) => forward(layers, normalise(x), training),
    state: async () => ({ ...(await params.state()), ...(await statistics.state()) }),
    load: (state) => loadBoth(params, statistics, state),
  };
}

/** (x - mean) / std of each channel. */
function inputNormaliser(gpu: Engine, mean?: readonly number[], std?: readonly number[]): (x: Tensor) => Tensor {
  if (!mean && !std) return (x) => x;
  const channels = (mean ?? std)!.length;
  const constant = (values: readonly number[] | undefined, otherwise: number) =>
    gpu.keep(gpu.tensor(values ? [...values] : Array<number>(channels).fill(otherwise), [1, channels, 1, 1]));
  const [m, s] = [constant(mean, 0), constant(std, 1)];
  return (x) => div(sub(x, m), s);
}

/** Both or neither: a state dict that lacks a tensor, has one too many or one of another shape changes nothing. */
function loadBoth(params: Parameters, statistics: Parameters, state: GivenState): void {
  if (typeof state !== "object" || state === null)
    fail("load", `${describeValue(state)} given; a state dict is due, an object of named arrays`);
  const given = Object.entries(state).filter(([name]) => !name.endsWith("num_batches_tracked"));
  const known = [params, statistics].flatMap((p) => Object.keys(p.tensors));
  const stray = given.find(([name]) => !known.includes(name))?.[0];
  if (stray) throw new Error(`load: the state dict has ${stray}, which the network has not; use weights of the same ` +
    `network`);
  const missing = known.find((name) => !Object.hasOwn(state, name));
  if (missing) throw new Error(`load: the state dict lacks ${missing}; use weights of the same network`);
  const part = (p: Parameters) => Object.fromEntries(given.filter(([name]) => Object.hasOwn(p.tensors, name)));
  [params, statistics].map((p) => p.checked(part(p))).forEach((write) => write());
}
