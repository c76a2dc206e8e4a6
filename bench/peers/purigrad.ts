// purigrad as a worker of `npm run bench:peers`: each case is captured once and replayed.
// Usage: node dist/bench-worker.js [auto|hardware|software|embedded]

import { readFileSync } from "node:fs";
import { createEngine, type Engine, type Tensor } from "../../src/index.ts";
import type { Case, Work } from "../cases.ts";
import { readAdapter, runCommand } from "../flags.ts";
import { makeWork } from "../work.ts";
import { sample16, serve, type Job } from "./worker.mjs";

/** What these compute moves on with every call, so the first result is compared. */
const STATEFUL: readonly Work["kind"][] = ["train", "adam", "attackStep"];

function make(gpu: Engine, { work }: Case): Job {
  const body = makeWork(gpu, work);
  const step = gpu.capture(body);
  let outputs: Tensor[] = [];
  return {
    stateful: STATEFUL.includes(work.kind),
    call: () => (outputs = [step()].flat()),
    sync: () => gpu.synchronize(),
    read: async () => (work.kind === "reparameterize" ? [] : sample16(await outputs[0]!.data())),
    drop() {
      step.dispose();
      body.dispose();
    },
  };
}

/** This runs as dist/bench-worker.js. */
const version = (): string => JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;

await runCommand(async () => {
  const gpu = await createEngine({ adapter: readAdapter(process.argv[2]) });
  await serve({ engine: "purigrad", version: version(), adapter: gpu.adapter.name }, (request) => make(gpu, request));
});
