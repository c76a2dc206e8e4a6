// `purigrad audit` and `purigrad merge`: one defence under every attack, whole or in parts.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { selectBytes, toImageSet } from "../data/dataset.ts";
import { datasetOf } from "../data/datasets.ts";
import { readJsonOr, writeFileAtomic } from "../data/files.ts";
import type { Model } from "../attacks/index.ts";
import { NO_DEFENCE, type Purifier } from "../defences/purifier.ts";
import { auditBlocks, type Audit } from "../evaluate/audit/audit.ts";
import type { OpenBlock } from "../evaluate/audit/block.ts";
import { auditSettings, type AuditOptions, type Subject } from "../evaluate/audit/options.ts";
import { checkSame, joinParts, partOf, readPart, type AuditIdentity, type AuditPart } from "../evaluate/audit/part.ts";
import { attackTable, auditSentence, checkLines, checkTable } from "../evaluate/audit/tables.ts";
import { spreadPlaces } from "../evaluate/pieces.ts";
import { markdownTable, textTable } from "../report/table.ts";
import { commit } from "../train/commit.ts";
import { auditPage } from "./audit-page.ts";
import { outOf, type Command, type Context, type HostCommand } from "./command.ts";
import { labOn, rowsOf, rowsThere, WEIGHT_FLAGS, weightsOf } from "./experiment.ts";

type Flags = Context["flags"];

/** Numbers of the audit by their flags. */
const NUMBERS: Record<string, { key: keyof AuditOptions; help: string }> = {
  eps: { key: "eps", help: "radius of the L-infinity ball in [0, 1] (default that of the dataset's Table 1)" },
  "eps-l2": { key: "epsL2", help: "radius of the L2 ball; without it there is no L2 attack" },
  steps: { key: "steps", help: "steps of PGD (default 40)" },
  restarts: { key: "restarts", help: "further starts of PGD (default 2)" },
  queries: { key: "queries", help: "queries of Square (default 500)" },
  shift: { key: "shift", help: "pixels by which whole images are shifted, 0 for none (default 2)" },
  draws: { key: "draws", help: "draws a step of EOT (default 10)" },
  fresh: { key: "fresh", help: "draws of the verdict (default 20)" },
  batch: { key: "batch", help: "images at once and in a block (default 50)" },
};

function optionsOf(flags: Flags, eps: number, seed: number): AuditOptions {
  const given = Object.entries(NUMBERS).flatMap(([flag, { key }]) => {
    const text = flags[flag];
    if (text === undefined) return [];
    if (text === "" || !Number.isFinite(Number(text)))
      throw new Error(`--${flag}: "${String(text)}" came, a number was due`);
    return [[key, Number(text)]];
  });
  return { eps, full: flags.full === true, seed, ...Object.fromEntries(given) };
}

/** "2/4" -> { i: 1, n: 4 } */
function shardOf(text: string | undefined): { i: number; n: number } {
  if (text === undefined) return { i: 0, n: 1 };
  const [, i, n] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (!i || Number(i) < 1 || Number(i) > Number(n)) throw new Error(`--shard: "${text}" came, i/n with 1 <= i <= n ` +
    `was due, as in 1/4`);
  return { i: Number(i) - 1, n: Number(n) };
}

/** A defence before the classifier that attacks know, as the audit takes it. */
export function subjectOf({ title, purify, sample, substitute, classify, votes }: Purifier, model: Model): Subject {
  if (votes) throw new Error(`--defence: ${title} votes over draws, and the audit reads single draws; audit it ` +
    `without the vote: its report has the majority of fresh draws`);
  const own = classify ? { title, classify, surrogate: model } : { title, classify: model };
  return purify === NO_DEFENCE.purify ? own : { ...own, purify, sample, substitute };
}

function say(audit: Audit, tell: (line: string) => void): void {
  tell(`\n${textTable(attackTable(audit), { width: 120, intervals: true })}`);
  checkLines(audit).forEach(tell);
  tell(`\n${auditSentence(audit)}`);
}

const markdown = (audit: Audit): string =>
  [`# Audit: ${audit.title}`, auditSentence(audit), markdownTable(attackTable(audit), { intervals: true }),
    markdownTable(checkTable(audit))].join("\n\n") + "\n";

function writeAudit(out: string, audit: Audit, identity: AuditIdentity, made: string): string {
  const file = join(out, "audit.json");
  writeFileAtomic(file, JSON.stringify({ identity, commit: made, audit }, null, 1) + "\n");
  writeFileAtomic(join(out, "audit.md"), markdown(audit));
  writeFileAtomic(join(out, "audit.html"), auditPage(audit, identity, made));
  return file;
}

/** What an earlier run of the same shard has. */
function earlierPart(file: string, identity: AuditIdentity): Pick<AuditPart, "blocks" | "open"> {
  if (!existsSync(file)) return { blocks: [] };
  const part = readPart(readJsonOr(file, "the part"), file);
  checkSame(file, identity, part.identity);
  return part;
}

/** The places of the images that the flags ask for, of n. */
function placesOf({ at, images }: Flags, n: number): number[] {
  if (at === undefined) {
    const count = Number(images ?? 100);
    if (Number.isInteger(count) && count >= 1) return spreadPlaces(n, count);
    throw new Error(`--images: "${String(images)}" came, a whole number from 1 was due`);
  }
  if (images !== undefined) throw new Error("--images and --at came, one of them was due; leave one out");
  const places = String(at).split(",").map((text) => (text.trim() === "" ? NaN : Number(text)));
  const right = places.every((place) => Number.isInteger(place) && place >= 0 && place < n);
  if (right && new Set(places).size === places.length) return places;
  throw new Error(`--at: "${String(at)}" came; different whole numbers from 0 to ${n - 1} were due, as in 3,17,42`);
}

export const audit: Command = {
  summary: "one defence under every attack, and whether the figures can be believed",
  flags: {
    ...WEIGHT_FLAGS,
    defence: { type: "string", help: "one defence, as in cvae+g-signed (default none)" },
    images: { type: "string", help: "so many test images, spread evenly (default 100)" },
    ...Object.fromEntries(Object.entries(NUMBERS).map(([flag, { help }]) => [flag, { type: "string" as const, help }])),
    at: { type: "string", help: "the test images at these places, as in 3,17,42, in the place of --images" },
    full: { type: "boolean", help: "every attack on every image, also those that are broken" },
    shard: { type: "string", help: "the i-th of n parts, as in 1/4; purigrad merge joins them" },
    resume: { type: "boolean", help: "go on after the last attack that was finished" },
    out: { type: "string", help: "folder to write into (default out/audit-DATASET-DEFENCE)" },
  },
  stopped: "the attacks that were finished are kept, and --resume goes on after them",
  async run(context) {
    const { flags, seed, signal, progress, say: tell } = context;
    const weights = weightsOf("audit", flags);
    const [defence] = rowsOf((flags.defence as string | undefined) ?? "none");
    const { test } = datasetOf(weights.settings.dataset).sizes;
    const places = placesOf(flags, test);
    const settings = auditSettings(optionsOf(flags, weights.settings.attack.eps, seed));
    const shard = shardOf(flags.shard as string | undefined);
    const out = outOf(flags, `out/audit-${weights.settings.dataset}-${defence}`);
    const gpu = await context.open();
    rowsThere(weights, { ...context, gpu }, [defence!]);
    const lab = labOn(weights, { ...context, gpu }, [defence!], test);
    const set = toImageSet(selectBytes(lab.test, places));
    const subject = subjectOf(await lab.defence(defence!), await lab.model());
    const identity: AuditIdentity = { title: subject.title!, dataset: weights.settings.dataset, weights: weights.name,
      defence: defence!, images: places.length, places, adapter: gpu.adapter.name, settings };
    const file = join(out, `part-${shard.i + 1}-of-${shard.n}.json`);
    const { blocks: done, open: begun } = flags.resume ? earlierPart(file, identity) : { blocks: [] };
    const [blocks, made] = [[...done], commit()];
    const keep = (open?: OpenBlock) =>
      writeFileAtomic(file, JSON.stringify(partOf(identity, made, blocks, open)) + "\n");
    keep(begun);
    await auditBlocks({ gpu, progress, signal }, subject, set, settings, { shard, done, begun, onPart: keep,
      onBlock: (block) => (blocks.push(block), keep()) });
    if (shard.n > 1) {
      tell(`wrote ${file}; purigrad merge joins the ${shard.n} parts`);
      return { result: partOf(identity, made, blocks), ok: true };
    }
    const result = joinParts([{ file, part: partOf(identity, made, blocks) }]);
    say(result, tell);
    tell(`wrote ${writeAudit(out, result, identity, made)}`);
    return { result, ok: true };
  },
};

export const merge: HostCommand = {
  gpu: false,
  summary: "join the parts of an audit to the result of one run",
  positionals: "PART...",
  flags: { out: { type: "string", help: "folder to write audit.json, .md and .html into (default: none is written)" } },
  async run({ flags, positionals, say: tell }) {
    const out = flags.out === undefined ? undefined : outOf(flags, "");
    const parts = positionals.map((file) => ({ file, part: readPart(readJsonOr(file, "the part"), file) }));
    const result = joinParts(parts);
    say(result, tell);
    const { identity, commit: made } = parts[0]!.part;
    if (out !== undefined) tell(`wrote ${writeAudit(out, result, identity, made)}`);
    return { result, ok: true };
  },
};
