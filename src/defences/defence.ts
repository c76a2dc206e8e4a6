// A defence: what it is called, how it is trained where it is, and how it purifies.

import type { Network, Recipe, Site } from "../train/recipe.ts";
import type { Purifier } from "./purifier.ts";

/** What a defence may ask for when it is opened. */
export interface Opening extends Site {
  /** Its network with trained weights, where it has a recipe. */
  network?: Network;
  /** The first `count` training images, or all that there are, f32 [count,C,H,W] in [0,1] on the host. */
  trainingImages(count: number): Float32Array;
}

export interface Defence {
  /** As in files and on the command line. */
  name: string;
  /** As in tables. */
  title: string;
  /** The second of two that belong together: drawn dashed in charts. */
  second?: true;
  /** How it is trained; absent where there is nothing to train. */
  recipe?: Recipe;
  open(o: Opening): Omit<Purifier, "name" | "title"> | Promise<Omit<Purifier, "name" | "title">>;
}
