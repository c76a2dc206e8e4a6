// An audit: every attack that matters on one defence, and whether its figures can be believed.

import type { ImageSet } from "../../data/images.ts";
import type { Engine } from "../../engine/engine.ts";
import { silent } from "../../report/progress.ts";
import { mcnemar } from "../stats.ts";
import type { AuditNorm } from "./attacks.ts";
import { BlockRunner, blocksOf, type BlockResult, type OpenBlock } from "./block.ts";
import { runChecks, worstMark, type CheckResult, type Mark } from "./checks.ts";
import { Evidence, VERDICTS, type Verdict } from "./evidence.ts";
import { auditSettings, checkSubject, type AuditContext, type AuditOptions, type AuditSettings,
  type Subject } from "./options.ts";
import { bounded, type BoundedShare } from "../verdicts.ts";

/** By verdict; those on draws are absent where the defence has none. */
export interface Verdicts extends Partial<Record<Verdict, BoundedShare>> {
  /** The mean over fresh draws, percent. */
  draws_mean?: number;
}

/** One attack of an audit, in counts of images and shares with their intervals. */
export interface AuditRow {
  attack: string;
  title: string;
  threat: string;
  norm: AuditNorm;
  /** Images that it was made on; the others were broken before. */
  attacked: number;
  /** What is right under it and, of images that it left out, nothing. */
  left: Verdicts;
  /** What is right under it and under all attacks of its norm before. */
  robust: Verdicts;
  /** Images whose gradient was all zero or not finite at some step, or that ended with a lower loss than they began. */
  gradients?: { zero: number; broken: number; milder: number };
}

/** What evaluateDefence found; plain data, which JSON keeps. */
export interface Audit {
  title: string;
  settings: AuditSettings;
  /** Numbers of the images in their set. */
  images: number[];
  clean: Verdicts;
  rows: AuditRow[];
  /** Right under every attack of a norm. */
  worst: { norm: "Linf" | "L2"; eps: number; left: Verdicts }[];
  /** Whether each image is right under every L-infinity attack, as deployed. */
  right: boolean[];
  checks: CheckResult[];
  /** The worst of the checks. */
  mark: Mark;
  /** PGD over its steps and over the radius, percent right. */
  steps: { at: number; percent: number; loss: number }[];
  radii: { eps: number; percent: number }[];
}

const verdicts = (of: (by: Verdict) => boolean[] | undefined, drawsMean?: number): Verdicts => ({
  ...Object.fromEntries(VERDICTS.flatMap((by) => {
    const right = of(by);
    return right ? [[by, bounded(right)]] : [];
  })), ...(drawsMean !== undefined && { draws_mean: drawsMean }) });

/** The audit from its blocks, in any order. Throws where one is there twice. */
export function summarise(title: string, settings: AuditSettings, given: readonly BlockResult[]): Audit {
  const blocks = [...given].sort((a, b) => a.block - b.block);
  const twice = blocks.find(({ block }, i) => i > 0 && blocks[i - 1]!.block === block);
  if (twice) throw new Error(`audit: block ${twice.block + 1} is there twice; join each part once`);
  const e = new Evidence(blocks, settings);
  const rows = e.attacks.map(({ name, title: attack, threat, norm }, i): AuditRow => {
    const attacked = e.column(name, "attacked")!;
    const gradients = e.gradients(name);
    const upTo = e.attacks.slice(0, i + 1).filter((a) => a.norm === norm);
    return { attack: name, title: attack, threat, norm, attacked: attacked.filter(Boolean).length,
      left: verdicts((by) => e.verdict(name, by)?.map((right, k) => right && attacked[k]!)),
      robust: verdicts((by) => e.survivors(upTo, by), e.meanOfDraws(upTo)), ...(gradients && { gradients }) };
  });
  const norms = (["Linf", "L2"] as const).filter((norm) => rows.some((row) => row.norm === norm));
  const checks = runChecks(e);
  return { title, settings, images: blocks.flatMap(({ images }) => images),
    clean: verdicts((by) => e.verdict(null, by), e.meanOfDraws([])), rows, checks, mark: worstMark(checks),
    worst: norms.map((norm) => ({ norm, eps: norm === "Linf" ? settings.eps : settings.epsL2!,
      left: rows.findLast((row) => row.norm === norm)!.robust })),
    right: e.survivors(e.attacks.filter(({ norm }) => norm === "Linf"))!, steps: e.steps(), radii: e.radii() };
}

/** Which blocks a process makes, and those that are there already. */
export interface AuditPlan {
  /** The i-th of n parts, 0 <= i < n; all blocks without. */
  shard?: { i: number; n: number };
  /** Blocks of an earlier run, which are not made again. */
  done?: readonly BlockResult[];
  /** The block that an earlier run was at, which is gone on with. */
  begun?: OpenBlock;
  /** Hears of each block as it ends. */
  onBlock?: (result: BlockResult) => void;
  /** Hears of a block after each attack on it. */
  onPart?: (open: OpenBlock) => void;
}

/** How many attacks and probes a block has. */
const partsOf = ({ attacks, probes }: OpenBlock): number => [attacks, probes].flatMap(Object.keys).length;

/** The blocks of one part. */
export async function auditBlocks(o: AuditContext, subject: Subject, set: ImageSet, options: AuditOptions,
  { shard = { i: 0, n: 1 }, done = [], begun, onBlock, onPart }: AuditPlan = {}): Promise<BlockResult[]> {
  const settings = auditSettings(options);
  checkSubject(subject);
  const due = blocksOf(set.n, settings.batch).map((images, block) => ({ images, block }))
    .filter(({ block }) => block % shard.n === shard.i);
  const runner = new BlockRunner(o, subject, settings, set);
  const results: BlockResult[] = [];
  const open = due.filter(({ block }) => !done.some((result) => result.block === block));
  const there = begun && open.some(({ block }) => block === begun.block) ? partsOf(begun) : 0;
  const bar = (o.progress ?? silent)("audit", open.length * runner.ticks - there);
  try {
    for (const { images, block } of due) {
      o.signal?.throwIfAborted();
      const earlier = done.find((result) => result.block === block);
      results.push(earlier ?? (await runner.run(block, images, { begun: begun?.block === block ? begun : undefined,
        onPart, tick: (what) => bar.tick(1, what) })));
      if (!earlier) onBlock?.(results.at(-1)!);
    }
    bar.done();
  } finally {
    bar.stop();
    runner.dispose();
  }
  return results;
}

/**
 * Attacks a defence with everything that AUDIT_ATTACKS has, and says whether the figures can be believed. `set` holds
 * images in [0,1] with labels. All randomness comes from `seed` and the number of a block of `batch` images, so parts
 * made elsewhere join to the same result, bit for bit. Throws one sentence for options or functions that cannot be.
 *
 *     const audit = await evaluateDefence(gpu, { classify, purify }, images, { eps: 0.2 });
 *     console.log(audit.mark, audit.worst[0].left.deployed.percent);
 */
export async function evaluateDefence(gpu: Engine, subject: Subject, set: ImageSet, options: AuditOptions,
  rest: Omit<AuditContext, "gpu"> & AuditPlan = {}): Promise<Audit> {
  const { progress, signal, ...plan } = rest;
  const blocks = await auditBlocks({ gpu, progress, signal }, subject, set, options, plan);
  return summarise(subject.title ?? "the defence", auditSettings(options), blocks);
}

/** McNemar's exact test on the same images: how likely a difference as large is between two that are equally good. */
export function compareAudits(a: Audit, b: Audit): { onlyFirst: number; onlySecond: number; p: number } {
  if (a.images.join() !== b.images.join()) throw new Error("audit: two audits of other images cannot be compared; " +
    "give both the same ones");
  const count = (first: Audit, second: Audit) => first.right.filter((right, i) => right && !second.right[i]).length;
  const [onlyFirst, onlySecond] = [count(a, b), count(b, a)];
  return { onlyFirst, onlySecond, p: mcnemar(onlyFirst, onlySecond) };
}
