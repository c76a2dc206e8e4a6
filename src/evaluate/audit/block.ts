// One block of images under every attack. Its random numbers come from the seed and its number alone, so that blocks
// can be made in any order, by any number of processes, and give the same bits together.

import type { Attack } from "../../attacks/index.ts";
import { selectImages, type ImageSet } from "../../data/images.ts";
import type { Engine } from "../../engine/engine.ts";
import { NO_DEFENCE } from "../../defences/purifier.ts";
import { attackSet } from "../search.ts";
import { Examiner, victimOf, type Exam } from "../victim.ts";
import { AUDIT_ATTACKS, type AuditAttack, type Target } from "./attacks.ts";
import { probe, type Probes } from "./probes.ts";
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
}

export interface BlockResult {
  block: number;
  /** Number of classes. */
  classes: number;
  /** Numbers of the images in the whole set. */
  images: number[];
  clean: Outcome;
  /** By the attacks' names. */
  attacks: Record<string, Outcome>;
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

export class BlockRunner {
  private readonly examiner: Examiner;
  private readonly attacks: { plan: AuditAttack; attack: Attack }[];
  readonly target: Target;

  constructor(private readonly o: AuditContext, subject: Subject, private readonly s: AuditSettings,
    private readonly set: ImageSet) {
    this.target = targetOf(o.gpu, subject, set);
    this.examiner = new Examiner(o.gpu, this.target, s.fresh, s.batch);
    this.attacks = attacksOn(this.target, s).map((plan) => ({ plan, attack: plan.make(this.target, s) }));
  }

  /** Ticks of a block. */
  get ticks(): number {
    return this.attacks.length + 1;
  }

  async run(block: number, images: number[], tick: (what: string) => void): Promise<BlockResult> {
    const { gpu, signal } = this.o;
    gpu.random.restore([this.s.seed, block, 0, 0]);
    const clean = selectImages(this.set, images);
    const all = images.map(() => true);
    const first = outcomeOf(await this.examiner.examine(clean), all);
    const outcomes: Record<string, Outcome> = {};
    for (const { plan, attack } of this.attacks) {
      signal?.throwIfAborted();
      const inBall = Object.entries(outcomes).filter(([name]) => this.sameBall(plan, name));
      const earlier = [first, ...inBall.map(([, outcome]) => outcome)];
      const open = all.map((_, i) => this.s.full || plan.always || !earlier.some((o) => broken(o, i)));
      outcomes[plan.name] = await this.attacked(attack, clean, first, open);
      tick(plan.title);
    }
    const probes = await probe(this.o, this.target, this.s, clean, this.examiner);
    tick("checks");
    return { block, classes: this.target.classes, images, clean: first, attacks: outcomes, probes };
  }

  /** Whether an attack is in the ball of another, so that what it broke is broken there. */
  private sameBall(plan: AuditAttack, name: string): boolean {
    return AUDIT_ATTACKS.find((a) => a.name === name)!.norm === plan.norm;
  }

  /** Attacks the images that are still open; the others keep what they were. */
  private async attacked(attack: Attack, clean: ImageSet, first: Outcome, open: boolean[]): Promise<Outcome> {
    const places = open.flatMap((is, i) => (is ? [i] : []));
    if (places.length === 0) return { ...first, attacked: open };
    const tried = selectImages(clean, places);
    const found = await attackSet(this.o.gpu, attack, tried, this.s.batch, this.o.signal);
    return outcomeOf(await this.examiner.examine(found), open, first);
  }

  dispose(): void {
    this.examiner.dispose();
    this.attacks.forEach(({ attack }) => attack.dispose());
  }
}
