import { join } from "node:path";
import { outOf, type Command } from "./command.ts";
import { datasetOf } from "../data/datasets.ts";
import { RECIPES } from "../defences/index.ts";
import { duration } from "../report/progress.ts";
import { commit } from "../train/commit.ts";
import { folderStore } from "../train/folder-store.ts";
import { Trainer } from "../train/trainer.ts";
import { EXPERIMENT_FLAGS, experimentOf } from "./experiment.ts";

const NAMES = Object.values(RECIPES).flatMap(({ name, passing }) => (passing ? [] : [name]));

/** The networks to train: those of the preset's tables, or those that --net names. */
function namesOf(text: string | undefined, rows: readonly string[]): readonly string[] {
  if (text === undefined) return ["cnn", ...rows.filter((row) => NAMES.includes(row))];
  return text.split(",").map((name) => {
    if (!NAMES.includes(name)) throw new Error(`--net: there is no network "${name}"; there are ${NAMES.join(", ")}`);
    return name;
  });
}

export const train: Command = {
  summary: "train the networks of the tables; what is there already is kept",
  flags: {
    ...EXPERIMENT_FLAGS,
    net: { type: "string", help: `one or several of ${NAMES.join(",")} (default: those of the preset's tables)` },
    resume: { type: "boolean", help: "go on from the checkpoint of a run that was stopped, to the same bits" },
  },
  stopped: "what was finished is kept, and --resume goes on from where it stopped",
  async run({ open, flags, seed, signal, say, progress }) {
    const { settings, out, data } = experimentOf(flags);
    const names = namesOf(flags.net as string | undefined, settings.rows);
    const dir = join(outOf(flags, out), "weights");
    const gpu = await open();
    const trainer = new Trainer({ gpu, settings, dataset: datasetOf(settings.dataset), recipes: RECIPES,
      store: folderStore(dir), data, resume: flags.resume === true, signal,
      commit: commit(), progress });
    try {
      for (const name of names) await trainer.train(name, seed);
    } finally {
      trainer.dispose();
    }
    const seconds = trainer.seconds(names, seed);
    for (const [name, s] of Object.entries(seconds)) say(`${name}: ${duration(1000 * s)}`);
    say(`the weights are in ${dir}`);
    return { result: { command: "train", settings, seed, adapter: gpu.adapter.name, durations: seconds }, ok: true };
  },
};
