// The classifier under attack.

import type { Dataset } from "../data/dataset.ts";
import type { Engine } from "../engine/engine.ts";
import { crossEntropy } from "../kernels/index.ts";
import { cnn, type Classifier } from "../model/networks/cnn.ts";
import { oneCycle, sgd } from "../model/optim.ts";
import { preactResnet18 } from "../model/networks/preact-resnet.ts";
import { resnet18, resnet34, type NormalisedClassifier } from "../model/networks/resnet.ts";
import { trainPhase, type Phase } from "./phases.ts";
import type { Kept, Recipe } from "./recipe.ts";
import type { ClassifierSettings } from "./settings.ts";

type Build = (gpu: Engine, seed: number, s: ClassifierSettings, dataset: Dataset) => Classifier | NormalisedClassifier;

const residual = (build: typeof resnet34): Build => (gpu, seed, { channels, stem }, { classes, mean, std }) =>
  build(gpu, seed, { channels: channels[0]!, classes: classes.length, mean, std, ...(stem && { stem }) });

/** Networks by the name that settings give them. */
const CLASSIFIERS: Record<string, Build> = {
  cnn: (gpu, seed, { channels, hidden }, { shape, classes }) =>
    cnn(gpu, seed, { channels: [...channels], hidden, shape, classes: classes.length }),
  resnet18: residual(resnet18),
  resnet34: residual(resnet34),
  "preact-resnet18": residual(preactResnet18),
};

export function makeClassifier(gpu: Engine, seed: number, s: ClassifierSettings, dataset: Dataset): Classifier {
  const build = CLASSIFIERS[s.network ?? "cnn"];
  if (!build) throw new Error(`train: there is no classifier "${s.network}"; there are ` +
    `${Object.keys(CLASSIFIERS).join(", ")}`);
  return build(gpu, seed, s, dataset);
}

/** Parameters and, where a network has them, statistics of batch norms, as one state dict. */
export function keptOf(net: Classifier): Kept {
  const whole = "statistics" in net ? (net as NormalisedClassifier) : net.params;
  return { state: () => whole.state(), load: (state) => whole.load(state),
    dispose: () => [net.params, ...statisticsOf(net)].forEach((p) => p.dispose()) };
}

export const statisticsOf = (net: Classifier) => ("statistics" in net ? [(net as NormalisedClassifier).statistics]
  : []);

/** Adam, or SGD with Nesterov momentum where there is a weight decay; one cycle of the rate in both. */
export const phaseOf = (s: Pick<ClassifierSettings, "epochs" | "batch" | "lr" | "weightDecay" | "augment">,
  name: string): Phase => ({
  name, epochs: s.epochs, batch: s.batch, augment: s.augment, schedule: (total) => oneCycle(s.lr, total),
  ...(s.weightDecay !== undefined && { optimizer: (params) => sgd(params, { lr: 0, momentum: 0.9, nesterov: true,
    weightDecay: s.weightDecay }) }),
});

/** "cnn" is its name in files, whatever network it is. */
export const CLASSIFIER: Recipe = {
  name: "cnn",
  title: "classifier",
  shared: true,
  keeps: [""],
  dependsOn: ({ classifier }) => ({ classifier }),
  build({ gpu, seed, settings, dataset }) {
    const classifier = makeClassifier(gpu, seed, settings.classifier, dataset);
    return { classifier, parts: { "": keptOf(classifier) } };
  },
  train(run, { settings: { classifier: s } }, { classifier }) {
    const net = classifier!;
    const augment = s.augment ?? (s.shift ? { crop: s.shift } : undefined);
    const phase = { ...phaseOf({ ...s, augment }, "train classifier"), statistics: statisticsOf(net) };
    return trainPhase(run, phase, [net.params], (x, y) => crossEntropy(net.forward(x, true), y));
  },
};
