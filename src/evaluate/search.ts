// The search for the worst image within eps: starts of an attack, and which of their images are kept.

import { selectImages, type ImageSet } from "../data/images.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensor.ts";
import { pieces } from "./pieces.ts";
import { needsNoise, type Exam, type Examiner, type WhiteBoxName } from "./victim.ts";

/** Attacks a whole set, piece by piece. */
export async function attackSet(gpu: Engine, attack: (x: Tensor, y: Tensor) => Tensor | Promise<Tensor>, set: ImageSet,
  batch: number, signal?: AbortSignal): Promise<ImageSet> {
  const pixels = set.images.length / set.n;
  const images = new Float32Array(set.images.length);
  for (const { from, rows, piece } of pieces(set, batch)) {
    signal?.throwIfAborted();
    const x = gpu.tensor(piece.images, [piece.n, ...set.shape]);
    const y = gpu.tensor(piece.labels, [piece.n], "i32");
    try {
      const adv = await attack(x, y);
      images.set((await adv.data()).subarray(0, rows * pixels), from * pixels);
      adv.dispose();
    } finally {
      x.dispose();
      y.dispose();
    }
  }
  return { ...set, images };
}

/** The worst images that one attack has found so far. */
export interface Found {
  name: WhiteBoxName;
  /** Within the largest eps tried so far of the clean images. */
  images: ImageSet;
  /** The loss that the attack climbs, at these images, and FOOLED more where they are wrong. */
  score: Float64Array;
  /** Images that are wrong behind the deployed purifier and on every draw of the exam. */
  settled: boolean[];
}

const FOOLED = 1000; // a wrong image is worse than any right one

function scoreOf(name: WhiteBoxName, exam: Exam): Float64Array {
  const [loss, right] = needsNoise(name) ? [exam.drawsLoss, exam.vote] : [exam.loss, exam.right];
  return Float64Array.from(loss, (v, i) => v + FOOLED * (1 - right[i]!));
}

const isSettled = (exam: Exam, i: number): boolean => exam.right[i] === 0 && (exam.draws === 0 || exam.rights[i] === 0);

/** Before the first attack: the clean images. */
export function untouched(name: WhiteBoxName, clean: ImageSet, exam: Exam): Found {
  const images = { ...clean, images: clean.images.slice() };
  return { name, images, score: scoreOf(name, exam), settled: Array.from(exam.right, (_, i) => isSettled(exam, i)) };
}

/** Takes from `tried` (images number open[i]) those of a higher score. */
function keepWorse(found: Found, open: readonly number[], tried: ImageSet, exam: Exam): void {
  const pixels = tried.images.length / tried.n;
  const score = scoreOf(found.name, exam);
  open.forEach((at, i) => {
    const settles = isSettled(exam, i);
    if (!settles && !(score[i]! > found.score[at]!)) return;
    found.images.images.set(tried.images.subarray(i * pixels, (i + 1) * pixels), at * pixels);
    found.score[at] = score[i]!;
    found.settled[at] = settles;
  });
}

export interface Climb {
  clean: ImageSet;
  attack: (x: Tensor, y: Tensor) => Tensor;
  restarts: number;
  batch: number;
  examiner: Examiner;
  signal?: AbortSignal;
  /** Called after each start. */
  tick: () => void;
}

/**
 * Starts the attack again and again from the clean images and keeps for each the image of the highest loss, a wrong
 * one before any right one, so a larger eps or a further start never does worse. A settled image is not attacked again:
 * no verdict is left to be won there, but for draws so rare that the exam did not meet one. The exam's draws are not
 * those of any verdict.
 */
export async function climb(gpu: Engine, found: Found,
  { clean, attack, restarts, batch, examiner, signal, tick }: Climb): Promise<void> {
  for (let start = 0; start < restarts; start++) {
    const open = [...found.settled.keys()].filter((i) => !found.settled[i]);
    if (open.length > 0) {
      const tried = await attackSet(gpu, attack, selectImages(clean, open), batch, signal);
      keepWorse(found, open, tried, await examiner.examine(tried));
    }
    tick();
  }
}
