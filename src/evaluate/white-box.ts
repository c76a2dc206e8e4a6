// Table 2 of the paper, white box: BPDA as the paper ran it, and beside it what an honest evaluation adds: attacks
// through the sampler, over its draws and through the mean latent, verdicts on fresh draws, and the worst case over all
// attacks.

import { bpda, type Model } from "../attacks/index.ts";
import type { ImageSet } from "../data/images.ts";
import type { Engine } from "../engine/engine.ts";
import type { Purifier } from "../defences/purifier.ts";
import { batchFor, spread } from "./pieces.ts";
import { silent, type Begin } from "../report/progress.ts";
import { attackSet, climb, untouched, type Found } from "./search.ts";
import type { WhiteBoxSettings } from "./settings.ts";
import { freshOf, verdictOf, worstOf, type FreshVerdict, type Share, type Verdict,
  type WorstCase } from "./verdicts.ts";
import { Examiner, victimOf, WHITE_BOX, whiteBoxAttack, whiteBoxNames, type Exam, type Victim,
  type WhiteBoxName } from "./victim.ts";

/** The paper's setting: raw gradients, no budget, early stop; verdicts of the deployed purifier. */
export interface PaperSetting {
  acc_raw: Share;
  acc_ae: Share;
  /** The attacked images on fresh draws. */
  fresh: FreshVerdict | null;
  /**
   * Mean length of the perturbation over the images that were right before, in units of [0, 1]; 0 if there are none.
   */
  l2: number;
  linf: number;
}

export interface AtEps {
  eps: number;
  /** None for an attack that was not made, and null where it needs noise in z and there is none. */
  attacks: Partial<Record<WhiteBoxName, Verdict | null>>;
  worst: WorstCase;
}

export interface Table2Row {
  defence: string;
  paper: PaperSetting;
  /** The images of `eps`, not attacked. */
  clean: Verdict;
  eps: AtEps[];
}

export interface Table2 {
  rows: Table2Row[];
}

export interface WhiteBoxOptions {
  /** Shows how far each attack is; silent by default. */
  progress?: Begin;
  signal?: AbortSignal;
  /** Hears a line for each defence. */
  say?: (line: string) => void;
}

/**
 * White-box accuracy of each defence, on `settings.images` test images spread evenly over `set` (`bpda.images` for the
 * paper's setting). Within each eps, in L-infinity and [0,1]: `bpda` (signed steps, backward through the identity, from
 * the clean image), `sampler` (gradient through one draw a step), `eot` (through `eot.draws` draws a step, one start)
 * and `mean` (through decode(mu(x)), or through what stands in for a purifier without a gradient); the last three from
 * random starts, `sampler` and `mean` with `pgd.restarts` of them. With `apgd` also APGD through the mean, with
 * cross-entropy and, where the purifier has a gradient of its own, DLR, from one random start each.
 *
 * Every attack keeps the image of the highest loss over its starts, the smaller eps and the clean image, a wrong one
 * before any right one: by the draws' mean loss and majority for `sampler` and `eot`, behind the deployed purifier for
 * the others.
 * It leaves out images that are already wrong behind the deployed purifier and on all of `fresh` draws. Verdicts come
 * from other draws. All randomness is the engine's: the same seed gives the same numbers.
 */
export async function whiteBox(gpu: Engine, defences: readonly Purifier[], classifier: Model, set: ImageSet,
  settings: WhiteBoxSettings, { progress = silent, signal, say }: WhiteBoxOptions = {}): Promise<Table2> {
  const rows: Table2Row[] = [];
  for (const defence of defences) {
    const trial = new Trial(gpu, defence, victimOf(defence, classifier), settings, progress, signal);
    const row = await trial.row(set);
    say?.(`white box, ${defence.title}: ${summary(row)}`);
    rows.push(row);
  }
  return { rows };
}

const summary = ({ paper, eps }: Table2Row): string =>
  [`BPDA as in the paper leaves ${paper.acc_ae.percent.toFixed(1)} %`, ...eps.map((at) =>
    `all attacks at eps ${at.eps} ${at.worst.mean_latent.percent.toFixed(1)} %`
  )].join(", ");

/** The attacks that were made on some of the defences. */
export const attacksOn = (rows: readonly Table2Row[]): WhiteBoxName[] =>
  WHITE_BOX.filter((name) => rows.some(({ eps }) => eps.some(({ attacks }) => attacks[name])));

/** All attacks on one defence. */
class Trial {
  private readonly examiner: Examiner;

  constructor(private readonly gpu: Engine, private readonly defence: Purifier, private readonly victim: Victim,
    private readonly s: WhiteBoxSettings, private readonly progress: Begin,
    private readonly signal?: AbortSignal) {
    this.examiner = new Examiner(gpu, victim, s.fresh, s.batch);
  }

  async row(set: ImageSet): Promise<Table2Row> {
    try {
      const paper = await this.paperSetting(spread(set, this.s.bpda.images));
      return { defence: this.defence.name, paper, ...(await this.withinEps(spread(set, this.s.images))) };
    } finally {
      this.examiner.dispose();
    }
  }

  private async paperSetting(clean: ImageSet): Promise<PaperSetting> {
    const { lr, steps } = this.s.bpda;
    const bar = this.progress(`BPDA on ${this.defence.title}`, steps * Math.ceil(clean.n / this.s.batch));
    let seen = 0;
    const watch = (step: number, left: number) => {
      this.signal?.throwIfAborted();
      bar.tick(step > seen ? step - seen : step, `${left} images left`);
      seen = step;
    };
    const attack = bpda(this.victim.purify, this.victim.classify, { lr, steps, watch });
    try {
      const adv = await attackSet(this.gpu, attack, clean, this.s.batch, this.signal);
      bar.done();
      return paperVerdict(clean, adv, await this.examiner.examine(clean), await this.examiner.examine(adv));
    } finally {
      bar.stop();
      attack.dispose();
    }
  }

  private async withinEps(clean: ImageSet): Promise<Pick<Table2Row, "clean" | "eps">> {
    const names = whiteBoxNames(this.victim, this.s);
    const radii = [...this.s.eps].sort((a, b) => a - b);
    const bar = this.progress(`attacks on ${this.defence.title}`,
      radii.length * names.reduce((sum, name) => sum + this.restarts(name), 0));
    try {
      const exam = await this.examiner.examine(clean);
      const found = names.map((name) => untouched(name, clean, exam));
      const rows: AtEps[] = [];
      for (const eps of radii)
        rows.push(await this.atEps(eps, clean, exam, found, (name) => bar.tick(1, `${name}, eps ${eps}`)));
      bar.done();
      return { clean: verdictOf(exam), eps: rows };
    } finally {
      bar.stop();
    }
  }

  private async atEps(eps: number, clean: ImageSet, cleanExam: Exam, all: Found[],
    tick: (name: string) => void): Promise<AtEps> {
    const attacks: AtEps["attacks"] = { bpda: null, sampler: null, eot: null, mean: null };
    const exams = [cleanExam];
    for (const found of all) {
      const attack = whiteBoxAttack(found.name, this.victim, eps, this.s);
      const batch = found.name === "eot" ? batchFor(this.s.eot.draws, this.s.batch) : this.s.batch;
      try {
        await climb(this.gpu, found, { clean, attack, batch, restarts: this.restarts(found.name),
          examiner: this.examiner, signal: this.signal, tick: () => tick(found.name) });
      } finally {
        attack.dispose();
      }
      const exam = await this.examiner.examine(found.images);
      attacks[found.name] = verdictOf(exam);
      exams.push(exam);
    }
    return { eps, attacks, worst: worstOf(exams) };
  }

  private restarts(name: WhiteBoxName): number {
    return name === "sampler" || name === "mean" ? this.s.pgd.restarts : 1;
  }
}

function paperVerdict(clean: ImageSet, adv: ImageSet, before: Exam, after: Exam): PaperSetting {
  const pixels = clean.images.length / clean.n;
  const attacked = [...before.right.keys()].filter((i) => before.right[i] === 1);
  const mean = (norm: (d: Float32Array) => number) =>
    attacked.reduce(
      (sum, i) =>
        sum + norm(adv.images.slice(i * pixels, (i + 1) * pixels).map((v, j) => v - clean.images[i * pixels + j]!)),
      0,
    ) / Math.max(1, attacked.length);
  return {
    acc_raw: verdictOf(before).mean_latent,
    acc_ae: verdictOf(after).mean_latent,
    fresh: freshOf(after),
    l2: mean((d) => Math.hypot(...d)),
    linf: mean((d) => d.reduce((most, v) => Math.max(most, Math.abs(v)), 0)),
  };
}
