// What an examination of attacked images says: shares of right images, on fresh draws, and in the worst case.

import { clopperPearson, type Interval } from "./stats.ts";
import type { Exam } from "./victim.ts";

/** `right` of n images, and the same in percent. */
export interface Share {
  percent: number;
  right: number;
  n: number;
}

/** On draws of z that no attack has seen. */
export interface FreshVerdict {
  /** Draws an image. */
  draws: number;
  /** Mean over draws of the accuracy, percent. */
  draws_mean: number;
  /** Images whose most frequent class over the draws is right. */
  majority: Share;
  /** Images that are right on all draws. */
  all_right: Share;
}

export interface Verdict {
  /** The purifier as deployed: decode(mu(x)). */
  mean_latent: Share;
  /** null where z has no noise: no defence and DAE. */
  fresh: FreshVerdict | null;
}

/** A share with its 95 % Clopper-Pearson interval in percent. */
export interface BoundedShare extends Share {
  interval: Interval;
}

/** Images that are right on the clean image and on that of every attack. */
export interface WorstCase {
  mean_latent: BoundedShare;
  majority: BoundedShare | null;
  all_right: BoundedShare | null;
}

function share(right: ArrayLike<boolean>): Share {
  const count = Array.from(right).filter(Boolean).length;
  return { percent: (100 * count) / right.length, right: count, n: right.length };
}

export function bounded(right: ArrayLike<boolean>): BoundedShare {
  const found = share(right);
  const [low, high] = clopperPearson(found.right, found.n);
  return { ...found, interval: [100 * low, 100 * high] };
}

const each = (values: Float32Array, test: (v: number) => boolean): boolean[] => Array.from(values, test);

export function freshOf({ draws, rights, vote }: Exam): FreshVerdict | null {
  if (draws === 0) return null;
  const total = rights.reduce((a, b) => a + b, 0);
  return { draws, draws_mean: (100 * total) / (draws * rights.length), majority: share(each(vote, (v) => v === 1)),
    all_right: share(each(rights, (v) => v === draws)) };
}

export const verdictOf = (exam: Exam): Verdict => ({ mean_latent: share(each(exam.right, (v) => v === 1)),
  fresh: freshOf(exam) });

/** Images for which `right` holds in every exam. */
function inEvery(exams: readonly Exam[], right: (exam: Exam, i: number) => boolean): BoundedShare {
  return bounded(Array.from(exams[0]!.right, (_, i) => exams.every((exam) => right(exam, i))));
}

export function worstOf(exams: readonly Exam[]): WorstCase {
  const random = exams[0]!.draws > 0;
  return {
    mean_latent: inEvery(exams, (exam, i) => exam.right[i] === 1),
    majority: random ? inEvery(exams, (exam, i) => exam.vote[i] === 1) : null,
    all_right: random ? inEvery(exams, (exam, i) => exam.rights[i] === exam.draws) : null,
  };
}
