// One block of images under every attack. Its random numbers come from the seed and its number alone, so that blocks
// can be made in any order, by any number of processes, and give the same bits together.

import type { Attack, AttackReport } from "../../attacks/index.ts";
import { selectImages, type ImageSet } from "../../data/images.ts";
import type { Engine } from "../../engine/engine.ts";
import { NO_DEFENCE } from "../../defences/purifier.ts";
import { pieces } from "../pieces.ts";
import { attackSet } from "../search.ts";
import { Examiner, victimOf, type Exam } from "../victim.ts";
import { AUDIT_ATTACKS, type AuditAttack, type Plan, type Target } from "./attacks.ts";
import { Prober, PROBES, type Probes } from "./probes.ts";
import type { AuditContext, AuditSettings, Subject } from "./options.ts";

/** What is left of an image after an attack, one number an image each. */
export interface Outcome {
  /** Whether it was attacked; others were broken before. */
  attacked: boolean[];
  /** Right behind the deployed defence. */
  right: boolean[];
  /** Right by the vote of fresh draws, and how many of them lead to the right class; absent without randomness. */
  vote?: boolean[];
  rights?: number[];
  loss: number[];
  /** What the attack said of its gradients, no for images that it left out; absent where it follows none. */
  gradients?: AttackReport;
}

/** A block as it is after some attack or probe. */
export interface OpenBlock {
  block: number;
  /** Number of classes. */
  classes: number;
  /** Numbers of the images in the whole set. */
  images: number[];
  clean: Outcome;
  /** By the attacks' names. */
  attacks: Record<string, Outcome>;
  probes: Partial<Probes>;
}

/** What an audit found on one block of images: plain data, to be kept and given to another run. */
export interface BlockResult extends OpenBlock {
  probes: Probes;
}

/** The numbers of the images of each block. */
export const blocksOf = (n: number, batch: number): number[][] =>
  Array.from({ length: Math.ceil(n / batch) }, (_, b) =>
    Array.from({ length: Math.min(batch, n - b * batch) }, (_, i) => b * batch + i));

function outcomeOf(exam: Exam, attacked: boolean[], before?: Outcome): Outcome {
  const places = attacked.flatMap((is, i) => (is ? [i] : []));
  const filled = <T>(old: readonly T[] | undefined, now: ArrayLike<number>, as: (v: number) => T): T[] => {
    const all = old ? [...old] : new Array<T>(attacked.length);
    places.forEach((place, i) => (all[place] = as(now[i]!)));
    return all;
  };
  const yes = (v: number) => v === 1;
  return { attacked, right: filled(before?.right, exam.right, yes), loss: filled(before?.loss, exam.loss, (v) => v),
    ...(exam.draws > 0 && { vote: filled(before?.vote, exam.vote, yes),
      rights: filled(before?.rights, exam.rights, (v) => v) }) };
}

/** What an attack said of the images that it was made on, piece after piece, as of all images of the block. */
function gradientsOf(heard: readonly AttackReport[], rows: readonly number[], attacked: boolean[]): AttackReport {
  const places = attacked.flatMap((is, i) => (is ? [i] : []));
  const spread = (of: (report: AttackReport) => boolean[]): boolean[] => {
    const said = heard.flatMap((report, k) => of(report).slice(0, rows[k]!)); // a piece repeats its last image
    const all = attacked.map(() => false);
    places.forEach((place, i) => (all[place] = said[i]!));
    return all;
  };
  return { zero: spread(({ zero }) => zero), broken: spread(({ broken }) => broken),
    milder: spread(({ milder }) => milder) };
}

/** A name as a number of 32 bits (FNV-1a). */
const hashOf = (name: string): number =>
  [...name].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0, 0x811c9dc5);

/** Whether no verdict is left to be won: wrong as deployed and by the vote. */
const broken = ({ right, vote }: Outcome, i: number): boolean => !right[i] && !vote?.[i];

/** The attacks that can be made on a target. */
export const attacksOn = (t: Target, s: AuditSettings): AuditAttack[] =>
  AUDIT_ATTACKS.filter(({ when }) => when?.(t, s) ?? true);

/** A target from a subject; `classes` from its logits of one image. */
export function targetOf(gpu: Engine, subject: Subject, set: ImageSet): Target {
  const { classify, surrogate, purify = NO_DEFENCE.purify, sample, substitute } = subject;
  const victim = victimOf({ ...NO_DEFENCE, purify, sample, substitute }, classify);
  const size = set.images.length / set.n;
  const [, classes] = gpu.scope(() =>
    victim.deployed(gpu.tensor(set.images.slice(0, size), [1, ...set.shape])).shape) as [number, number];
  return { ...victim, surrogate, purified: subject.purify !== undefined, classes };
}

/** How a block goes on, and who hears of it. */
export interface BlockRun {
  /** What an earlier run has of the block already; it is added to. */
  begun?: OpenBlock;
  /** Hears of the block after each attack and probe. */
  onPart?: (open: OpenBlock) => void;
  /** Called for each attack and probe that was made, with its title. */
  tick: (what: string) => void;
}

export class BlockRunner {
  private readonly examiner: Examiner;
  private readonly attacks: { plan: AuditAttack; attack: Attack }[];
  private readonly heard: AttackReport[] = [];
  readonly target: Target;

  constructor(private readonly o: AuditContext, subject: Subject, private readonly s: AuditSettings,
    private readonly set: ImageSet) {
    this.target = targetOf(o.gpu, subject, set);
    this.examiner = new Examiner(o.gpu, this.target, s.fresh, s.batch);
    const settings: Plan = { ...s, report: (found) => this.heard.push(found) };
    this.attacks = attacksOn(this.target, s).map((plan) => ({ plan, attack: plan.make(this.target, settings) }));
  }

  /** Attacks and probes of a block. */
  get ticks(): number {
    return this.attacks.length + PROBES.length;
  }

  /** Each part of a block draws from the seed, the block's number and its own name: it can be made or left out. */
  private drawFor(block: number, part: string): void {
    this.o.signal?.throwIfAborted();
    this.o.gpu.random.restore([this.s.seed, block, 0, hashOf(part)]);
  }

  async run(block: number, images: number[], { begun, onPart, tick }: BlockRun): Promise<BlockResult> {
    const clean = selectImages(this.set, images);
    const result = begun ?? (await this.begin(block, images, clean));
    for (const { plan, attack } of this.attacks) {
      if (!(plan.name in result.attacks)) {
        this.drawFor(block, plan.name);
        result.attacks[plan.name] = await this.attacked(attack, clean, result.clean, this.open(plan, result));
        onPart?.(result);
        tick(plan.title);
      }
    }
    const prober = new Prober(this.o, this.target, this.s, clean, this.examiner);
    for (const name of PROBES) {
      if (!(name in result.probes)) {
        this.drawFor(block, name);
        Object.assign(result.probes, { [name]: await prober[name]() });
        onPart?.(result);
        tick("checks");
      }
    }
    return result as BlockResult;
  }

  private async begin(block: number, images: number[], clean: ImageSet): Promise<OpenBlock> {
    this.drawFor(block, "clean");
    const first = outcomeOf(await this.examiner.examine(clean), images.map(() => true));
    return { block, classes: this.target.classes, images, clean: first, attacks: {}, probes: {} };
  }

  /** The images that an attack is made on: all, or those that no attack of its ball has broken. */
  private open(plan: AuditAttack, { images, clean, attacks }: OpenBlock): boolean[] {
    const inBall = Object.entries(attacks).filter(([name]) => sameBall(plan, name)).map(([, outcome]) => outcome);
    return images.map((_, i) => this.s.full || plan.always || ![clean, ...inBall].some((o) => broken(o, i)));
  }

  /** Attacks the images that are still open; the others keep what they were. */
  private async attacked(attack: Attack, clean: ImageSet, first: Outcome, open: boolean[]): Promise<Outcome> {
    const places = open.flatMap((is, i) => (is ? [i] : []));
    if (places.length === 0) return { ...first, attacked: open };
    const tried = selectImages(clean, places);
    this.heard.length = 0;
    const found = await attackSet(this.o.gpu, attack, tried, this.s.batch, this.o.signal);
    const rows = pieces(tried, this.s.batch).map((piece) => piece.rows);
    return { ...outcomeOf(await this.examiner.examine(found), open, first),
      ...(this.heard.length > 0 && { gradients: gradientsOf(this.heard, rows, open) }) };
  }

  dispose(): void {
    this.examiner.dispose();
    this.attacks.forEach(({ attack }) => attack.dispose());
  }
}

/** Whether an attack is in the ball of another, so that what it broke is broken there. */
const sameBall = (plan: AuditAttack, name: string): boolean =>
  AUDIT_ATTACKS.find((a) => a.name === name)!.norm === plan.norm;
