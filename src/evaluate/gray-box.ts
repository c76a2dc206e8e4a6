// Gray-box evaluation: attacks are made against the bare classifier, then every defence purifies what they made. Batch
// by batch: an attacked batch stays on the GPU until all defences have seen it.

import type { Attack, Model } from "../attacks/index.ts";
import { deployed, type Purifier } from "../defences/purifier.ts";
import type { Captured } from "../engine/run/capture.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import { abs, argmax, max } from "../kernels/index.ts";
import { silent, type Begin } from "../report/progress.ts";
import { countOf, imagesOf, labelsOf, type Batches } from "./batches.ts";

/** Attacks by the name of their column; null leaves the images as they are. */
export type Attacks = Readonly<Record<string, Attack | null>>;

/** Which images a defence has right, by attack. */
export interface Judged {
  defence: string;
  correct: Record<string, boolean[]>;
}

export interface GrayBoxOptions {
  /** What the progress line says. */
  label?: string;
  /** The classifier's own predictions stand for the labels that attacks get; verdicts are by the true ones. */
  ownLabels?: boolean;
  /** Shows how far it is; silent by default. */
  progress?: Begin;
  signal?: AbortSignal;
}

type Judge = Captured<[Tensor], { label: Tensor; largest: Tensor }>;

function judgeOf(gpu: Engine, defence: Purifier, classifier: Model): Judge {
  const judge = deployed(defence, classifier);
  return gpu.capture((x: Tensor) => {
    const logits = judge(x);
    return { label: argmax(logits, { dim: 1 }), largest: max(abs(logits)) };
  });
}

/** A batch as an attack leaves it. */
const attacked = (gpu: Engine, attack: Attack | null, set: Batches, i: number, ownLabels: boolean): Tensor => {
  const x = imagesOf(gpu, set, i);
  return attack ? attack(x, ownLabels ? undefined : labelsOf(gpu, set, i)) : x;
};

/** Lets every defence classify images [N,C,H,W]: one array of classes a defence. */
async function judgeAll(gpu: Engine, judges: readonly Judge[], images: () => Tensor): Promise<Int32Array[]> {
  const x = gpu.scope(images);
  await Promise.all(judges.map((judge) => judge.prepare(x)));
  const seen = judges.map((judge) => judge(x));
  for (const { largest } of seen)
    gpu.expect(largest, ([v]) => (Number.isFinite(v) ? null : "evaluate: the model's logits are not finite; check " +
      "its weights and the images"));
  const classes = await Promise.all(seen.map(({ label }) => label.data<Int32Array>()));
  x.dispose();
  return classes;
}

/**
 * Runs every attack on every batch and asks every defence what it sees: which images each has right. The attacks know
 * the classifier alone. Random starts are drawn attack by attack within a batch.
 */
export async function grayBox(gpu: Engine, defences: readonly Purifier[], classifier: Model, attacks: Attacks,
  set: Batches, { label = "gray box", ownLabels = false, progress = silent, signal }: GrayBoxOptions = {}):
  Promise<Judged[]> {
  const names = Object.keys(attacks);
  const judged = defences.map(({ name }): Judged => ({ defence: name,
    correct: Object.fromEntries(names.map((attack) => [attack, []])) }));
  const judges = defences.map((defence) => judgeOf(gpu, defence, classifier));
  const bar = progress(label, countOf(set) * names.length);
  try {
    for (let i = 0; i < countOf(set); i++) {
      for (const name of names) {
        signal?.throwIfAborted();
        const seen = await judgeAll(gpu, judges, () => attacked(gpu, attacks[name]!, set, i, ownLabels));
        seen.forEach((classes, d) => judged[d]!.correct[name]!.push(...rights(classes, set.labels[i]!)));
        bar.tick(1, name);
      }
    }
    bar.done();
  } finally {
    bar.stop();
    judges.forEach((judge) => judge.dispose());
  }
  return judged;
}

const rights = (classes: Int32Array, labels: Int32Array): boolean[] => Array.from(classes, (c, i) => c === labels[i]);

/** Accuracy in percent. */
export const percentOf = (correct: readonly boolean[]): number =>
  (100 * correct.filter(Boolean).length) / correct.length;
