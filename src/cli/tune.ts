import type { Command } from "./command.ts";
import { tuneNetworks } from "../paper/tune.ts";
import { EXPERIMENT_FLAGS, experimentOf } from "./experiment.ts";

export const tune: Command = {
  summary: "time the variants of the heavy kernels on this adapter and keep the fastest",
  flags: { dataset: EXPERIMENT_FLAGS.dataset!, preset: EXPERIMENT_FLAGS.preset!,
    batch: { type: "string", help: "images a batch (default: the preset's)" } },
  async run({ open, flags, say }) {
    const { settings } = experimentOf(flags);
    const batch = Number(flags.batch ?? settings.batch);
    if (!Number.isInteger(batch) || batch < 1) throw new Error(`--batch: "${String(flags.batch)}" came, a whole ` +
      `number from 1 was due`);
    const gpu = await open();
    const choices = await tuneNetworks(gpu, { ...settings, batch });
    for (const [shape, variant] of Object.entries(choices)) say(`${shape}: ${variant}`);
    return { result: { adapter: gpu.adapter.name, choices }, ok: true };
  },
};
