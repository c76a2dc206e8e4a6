import type { Command } from "./command.ts";
import { tuneMnist } from "../lab/tune.ts";

export const tune: Command = {
  summary: "time the variants of the heavy kernels on this adapter and keep the fastest",
  flags: { batch: { type: "string", help: "images a batch (default 128)" } },
  async run({ gpu, flags, say }) {
    const batch = Number(flags.batch ?? 128);
    if (!Number.isInteger(batch) || batch < 1) throw new Error(`--batch: "${String(flags.batch)}" came, a whole ` +
      `number from 1 was due`);
    const choices = await tuneMnist(gpu, { batch });
    for (const [shape, variant] of Object.entries(choices)) say(`${shape}: ${variant}`);
    return { result: { adapter: gpu.adapter.name, choices }, ok: true };
  },
};
