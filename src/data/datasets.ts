/** The data sets. A new one is a file beside this one and a line here. Node only. */
import { cifar10, cifar10Slice } from "./cifar10.ts";
import type { Dataset } from "./dataset.ts";
import { mnist } from "./mnist.ts";

/** Every data set that purigrad knows. */
export const DATASETS: readonly Dataset[] = [mnist, cifar10, cifar10Slice];

/** The data set of a name; throws one sentence that lists the names. */
export function datasetOf(name: string): Dataset {
  const found = DATASETS.find((set) => set.name === name);
  if (!found) throw new Error(`there is no data set "${name}"; there are ${DATASETS.map((d) => d.name).join(", ")}`);
  return found;
}
