// What is trained and for how long: the settings that weights depend on.

import type { Data } from "../model/train.ts";

/** What is done to a training image whenever it is taken: a padded random crop, a random flip (see byteImages). */
export type Augment = NonNullable<Data["augment"]>;

/** The classifier under attack. */
export interface ClassifierSettings {
  /** Which of classifiers.ts; "cnn" where it is not said. */
  network?: string;
  /** Widths of its layers; of a residual network, that of the first stage. */
  channels: readonly number[];
  /** Units of the hidden linear layer of a "cnn". */
  hidden?: number;
  /** Of a residual network. */
  stem?: "imagenet" | "cifar";
  epochs: number;
  /** Images a step; those of the preset unless given. */
  batch?: number;
  /** The highest rate of a one-cycle schedule. */
  lr: number;
  /** SGD with Nesterov momentum and this weight decay; Adam where it is not said. */
  weightDecay?: number;
  /** What is done to each training image; `shift`: it moves by up to so many pixels. */
  augment?: Augment;
  shift?: number;
}

/** The autoencoders of all purifiers. */
export interface AutoencoderSettings {
  /** Which of autoencoders.ts; "conv-mlp" where it is not said. */
  network?: string;
  channels: readonly number[];
  hidden: number;
  widths: readonly number[];
  latent: number;
  /** Weight of the reconstruction, 1 / sigma_x^2. */
  lam: number;
  clusters: number;
  augment?: Augment;
}

/** Adversarial training: the network, the schedule and the radius that its three methods share. */
export interface AdversarialSettings {
  network: string;
  channels: readonly number[];
  epochs: number;
  batch: number;
  lr: number;
  /** Radius in pixel units of [0, 1]. */
  eps: number;
  /** Step and number of steps of PGD. */
  alpha: number;
  steps: number;
  /** Replays of a batch in Free. */
  replays: number;
  /** Step of Fast. */
  fastAlpha: number;
  augment?: Augment;
}

export interface TrainSettings {
  /** A name of DATASETS. */
  dataset: string;
  /** The first so many training images. */
  trainImages: number;
  batch: number;
  classifier: ClassifierSettings;
  autoencoder: AutoencoderSettings;
  warmUp: { epochs: number; lr: number };
  phase1: { epochs: number; lr: number };
  /**
   * "+G": standard deviation r * gaussian, r ~ U(0,1) an image; or signed noise of strength r * signed. `ring`: the
   * standard deviation of ring noise, which is drawn again when the purifier is used.
   */
  phase2: { epochs: number; lr: number; gaussian: number; signed: number; ring?: number };
  /** The classifier that goes on training on purified images; as the classifier's where nothing is said. */
  tuned?: Pick<ClassifierSettings, "epochs" | "lr">;
  /** sigma: standard deviation of the DAE's noise. */
  dae: { epochs: number; lr: number; sigma: number };
  adversarial?: AdversarialSettings;
}
