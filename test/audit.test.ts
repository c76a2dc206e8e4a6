// `purigrad audit` and `purigrad merge` as commands: shards join to the file that one run writes.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { audit, merge } from "../src/cli/audit.ts";
import type { Context } from "../src/cli/command.ts";
import { createEngine, type Engine } from "../src/index.ts";
import { silent } from "../src/report/progress.ts";
import { reseed } from "./engine-tools.ts";
import { saveTiny } from "./tiny-weights.ts";

const test = suite("audit as a command");
let folder: string;
let weights: string;
let gpu: Engine;
test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), "purigrad-audit-"));
  weights = join(folder, "weights");
  gpu = await createEngine({ seed: 0 });
  await saveTiny(gpu, weights, ["cvae", "cvae+g-signed"]);
});
test.after(() => {
  gpu.close();
  rmSync(folder, { recursive: true });
});

const FLAGS = { images: "8", batch: "4", steps: "2", restarts: "0", queries: "4", draws: "2", fresh: "2", eps: "0.1" };

async function run(flags: Context["flags"]): Promise<string> {
  reseed(gpu);
  let said = "";
  await audit.run({ open: async () => gpu, flags: { weights, defence: "cvae", ...FLAGS, ...flags }, positionals: [],
    seed: 3, signal: new AbortController().signal, progress: silent, say: (line) => void (said += `${line}\n`) });
  return said;
}
const joined = (positionals: string[], out?: string) =>
  merge.run({ flags: { out }, positionals, signal: new AbortController().signal, progress: silent,
    say: () => undefined });
const read = (...path: string[]) => JSON.parse(readFileSync(join(folder, ...path), "utf8"));

test("two shards join to the audit of one run, and a run goes on after the blocks that are there", async () => {
  const whole = join(folder, "whole");
  assert.match(await run({ out: whole }), /C-VAE: \d+\.\d % of the clean images right, [\s\S]*wrote .*audit\.json/);
  const parts = [1, 2].map((i) => join(folder, "parts", `part-${i}-of-2.json`));
  for (const i of [2, 1]) await run({ out: join(folder, "parts"), shard: `${i}/2` });
  await joined(parts, join(folder, "merged"));
  assert.equal(read("merged", "audit.json").audit, read("whole", "audit.json").audit);
  assert.match(readFileSync(join(whole, "audit.md"), "utf8"),
    /^# Audit: C-VAE\n\nC-VAE: [\s\S]*\| PGD \(white box\) \|/);
  const part = read("parts", "part-1-of-2.json");
  part.blocks[0].clean.loss[0] = 42; // a trace: a block that was made again would not have it
  writeFileSync(parts[0]!, JSON.stringify(part));
  await run({ out: join(folder, "parts"), shard: "1/2", resume: true });
  assert.is(read("parts", "part-1-of-2.json").blocks[0].clean.loss[0], 42);
});

test("a run goes on within a block, and takes the images that are named by their places", async () => {
  const flags = { images: undefined, at: "5,3,700,2", out: join(folder, "named") };
  await run(flags);
  const whole = read("named", "audit.json");
  assert.equal([whole.identity.places, whole.audit.images], [[5, 3, 700, 2], [0, 1, 2, 3]]);
  const part = read("named", "part-1-of-1.json");
  const [{ attacks, probes, ...block }] = part.blocks;
  const names = Object.keys(attacks);
  attacks.fgsm.loss[0] = 42; // a trace
  const kept = Object.fromEntries(names.slice(0, names.indexOf("pgd")).map((name) => [name, attacks[name]]));
  part.open = { ...block, attacks: kept, probes: {} };
  writeFileSync(join(folder, "named", "part-1-of-1.json"), JSON.stringify({ ...part, blocks: [] }));
  await run({ ...flags, resume: true });
  const again = read("named", "part-1-of-1.json");
  assert.is(again.open, undefined);
  assert.equal(again.blocks, [{ ...block, attacks, probes }]);
});

test("what cannot be is one sentence", async () => {
  const refuses = async (work: Promise<unknown>, message: RegExp) => {
    const error = await work.then(() => null, (e: Error) => e);
    assert.match(error?.message ?? "nothing was thrown", message);
  };
  await refuses(run({ shard: "3/2" }), /^--shard: "3\/2" came, i\/n with 1 <= i <= n was due/);
  await refuses(run({ at: "1" }), /^--images and --at came, one of them was due; leave one out$/);
  await refuses(run({ images: undefined, at: "1,1" }),
    /^--at: "1,1" came; different whole numbers from 0 to 9999 were due, as in 3,17,42$/);
  await refuses(run({ images: "0" }), /^--images: "0" came, a whole number from 1 was due$/);
  await refuses(run({ eps: "much" }), /^--eps: "much" came, a number was due$/);
  await refuses(run({ eps: "2" }), /^audit: eps is 2; a number from 0 to 1 is due$/);
  await refuses(run({ defence: "xae" }), /^--defence: "xae" came, one of /);
  await refuses(joined([]), /^audit: no parts came/);
  writeFileSync(join(folder, "other.json"), "{}");
  await refuses(joined([join(folder, "other.json")]), /other\.json: it is no part of an audit/);
  await refuses(joined([join(folder, "none.json")]), /^cannot read the part .*none\.json: there is no such file/);
});

test.run();
