// What computes the cases of a group of ops/.

import type { Tensor } from "../engine/tensor.ts";
import type { Args } from "./args.ts";

/** The inputs of a case, and other tensors stored with it. */
export interface Inputs {
  /** in.NAME; an error where the case has none. */
  (name: string): Tensor;
  find(name: string): Tensor | undefined;
  /** NAME without "in.", such as running_mean_before. */
  other(name: string): Tensor;
}

export interface Outcome {
  out: Tensor[];
  /** Further results, by the names under which the case stores them. */
  also?: Record<string, Tensor>;
}

export type OpGroup = (id: string, t: Inputs, args: Args) => Tensor | Outcome;
