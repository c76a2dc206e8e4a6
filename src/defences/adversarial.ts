// Adversarial training: a defence that is a classifier itself. The network, its schedule and the radius are the same
// for all methods; the schedule is that of Wong, Rice and Kolter's scripts, a triangle in rate and momentum.

import { sgd, triangle } from "../model/optim.ts";
import type { Classifier } from "../model/networks/cnn.ts";
import type { Parameters } from "../model/params.ts";
import { adversarialStep, freeStep, makeDelta, type Learner } from "../train/adversarial.ts";
import { keptOf, makeClassifier, statisticsOf } from "../train/classifier.ts";
import { earlyStop } from "../train/early-stop.ts";
import { runPhase, type MakeStep, type Phase } from "../train/phases.ts";
import type { Recipe, Site } from "../train/recipe.ts";
import type { AdversarialSettings } from "../train/settings.ts";
import { phaseName } from "./autoencoders.ts";
import type { Defence } from "./defence.ts";
import { NO_DEFENCE } from "./purifier.ts";

interface Method {
  name: string;
  title: string;
  /** What its step is made of, of all that the settings hold; `delta` is there where it replays batches. */
  step(site: Site, s: AdversarialSettings, net: Classifier, delta: Parameters | null): MakeStep;
  /** Steps on each batch in a row; its epochs are so many fewer. */
  replays?(s: AdversarialSettings): number;
  /** Whether it ends before it loses its accuracy under PGD. */
  stops?: boolean;
}

const learner = (net: Classifier, optimizer: Learner["optimizer"]): Learner => ({ model: (x) => net.forward(x, true),
  params: [net.params], optimizer });

const PGD7: Method = { name: "pgd-7", title: "PGD-7",
  step: ({ gpu }, { eps, alpha, steps }, net) => (data, optimizer) =>
    adversarialStep(gpu, data, learner(net, optimizer), { eps, alpha, steps }) };

const FREE: Method = { name: "free", title: "Free", replays: ({ replays }) => replays,
  step: ({ gpu }, { eps }, net, delta) => (data, optimizer) =>
    freeStep(gpu, data, learner(net, optimizer), { eps, delta: delta! }) };

const FAST: Method = { name: "fast", title: "Fast",
  step: ({ gpu }, { eps, fastAlpha }, net) => (data, optimizer) =>
    adversarialStep(gpu, data, learner(net, optimizer), { eps, alpha: fastAlpha, steps: 1 }) };

/** The variant whose figures the paper's table copies: the attack starts at the image itself, with early stopping. */
const FAST_ZERO: Method = { name: "fast-zero", title: "Fast (zero start)", stops: true,
  step: ({ gpu }, { eps }, net) => (data, optimizer) =>
    adversarialStep(gpu, data, learner(net, optimizer), { eps, alpha: eps, steps: 1, start: "zero" }) };

function phaseOf(recipe: Recipe, site: Site, s: AdversarialSettings, replays: number): Phase {
  return {
    name: phaseName(recipe, site),
    epochs: Math.max(1, Math.round(s.epochs / replays)),
    batch: s.batch,
    replays,
    augment: s.augment,
    optimizer: (params) => sgd(params, { lr: 0, momentum: 0.9, weightDecay: 5e-4 }),
    schedule: (total) => triangle(0, s.lr, total),
    momentum: (total) => triangle(0.9, 0.8, total),
  };
}

function settingsOf({ settings: { adversarial }, dataset }: Pick<Site, "settings" | "dataset">): AdversarialSettings {
  if (!adversarial) throw new Error(`train: the preset has no settings for adversarial training on ${dataset.title}; ` +
    `choose another defence`);
  return adversarial;
}

function trained(method: Method): Defence {
  const { name, title } = method;
  const recipe: Recipe = {
    name,
    title,
    keeps: [""],
    dependsOn: ({ adversarial }) => ({ adversarial }),
    build(site) {
      const { network, channels } = settingsOf(site);
      const classifier = makeClassifier(site.gpu, site.seed, { network, channels, epochs: 0, lr: 0 }, site.dataset);
      return { classifier, parts: { "": keptOf(classifier) } };
    },
    async train(run, site, { classifier }) {
      const s = settingsOf(site);
      const [net, moved] = [classifier!, statisticsOf(classifier!)];
      const delta = method.replays ? makeDelta(site.gpu, [s.batch, ...site.dataset.shape]) : null;
      const stop = method.stops ? earlyStop(site.gpu, { ...run.data, augment: s.augment },
        (x) => net.forward(x, true), [net.params, ...moved], { eps: s.eps }) : null;
      const phase = { ...phaseOf(recipe, site, s, method.replays?.(s) ?? 1), onEpoch: stop?.onEpoch,
        statistics: [...moved, ...(delta ? [delta] : []), ...(stop?.kept ?? [])] };
      await runPhase(run, phase, [net.params], method.step(site, s, net, delta));
      stop?.restore();
      [stop, delta].forEach((kept) => kept?.dispose());
    },
  };
  return { name, title, recipe,
    open: ({ network }) => ({ purify: NO_DEFENCE.purify, classify: (x) => network!.classifier!.forward(x) }) };
}

export const pgd7 = trained(PGD7);
export const free = trained(FREE);
export const fast = trained(FAST);
export const fastZero = trained(FAST_ZERO);
