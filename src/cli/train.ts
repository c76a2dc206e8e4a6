import { join } from "node:path";
import type { Command } from "./command.ts";
import { ROWS, type NetName } from "../lab/names.ts";
import { duration } from "../lab/progress.ts";
import { trainNetworks } from "../lab/train-mnist.ts";
import { presetOf, MNIST_FLAGS } from "./mnist-flags.ts";

const NAMES: NetName[] = ["cnn", ...ROWS.filter((r) => r !== "none")];

/** The networks to train: all, or those that --net names. */
function namesOf(text: string | undefined): NetName[] {
  if (text === undefined) return NAMES;
  return text.split(",").map((name) => {
    const known = NAMES.find((n) => n === name);
    if (!known) throw new Error(`--net: there is no network "${name}"; there are ${NAMES.join(", ")}`);
    return known;
  });
}

export const train: Command = {
  summary: "train the networks of the tables; what is there already is kept",
  flags: {
    ...MNIST_FLAGS,
    net: { type: "string", help: `one or several of ${NAMES.join(",")} (default all)` },
    resume: { type: "boolean", help: "go on from the checkpoint of a run that was stopped, to the same bits" },
  },
  stopped: "what was finished is kept, and --resume goes on from where it stopped",
  async run({ gpu, flags, seed, signal, say }) {
    const { settings, out, data } = presetOf(flags);
    const dir = join(out, "weights");
    const names = namesOf(flags.net as string | undefined);
    const seconds = await trainNetworks({ gpu, settings, seed, dir, data, resume: flags.resume === true, signal, say },
      names);
    for (const [name, s] of Object.entries(seconds)) say(`${name}: ${duration(1000 * s)}`);
    say(`the weights are in ${dir}`);
    return { result: { command: "train", settings, seed, adapter: gpu.adapter.name, durations: seconds }, ok: true };
  },
};
