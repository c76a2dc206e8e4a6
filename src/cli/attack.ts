import { join } from "node:path";
import { outOf, type Command, type Context } from "./command.ts";
import { writeFileAtomic } from "../data/files.ts";
import { encodeSafetensors } from "../data/safetensors.ts";
import { titleOf } from "../defences/index.ts";
import { countOf, imagesOf as imagesAt, labelsOf, sample, type Batches } from "../evaluate/batches.ts";
import type { AttackBudget } from "../evaluate/eps-curves.ts";
import { countReports, fgsm, ifgsm, mifgsm, pgd, type Attack, type AttackReport, type Model,
  type Report } from "../index.ts";
import { verdictGroup } from "../paper/figures/adversarial.ts";
import type { Lab } from "../paper/lab.ts";
import { htmlReport } from "../report/page.ts";
import { drawPictures, type Drawn } from "../report/pictures.ts";
import { commit } from "../train/commit.ts";
import { imagesOf, labOn, rowsOf, rowsThere, WEIGHT_FLAGS, weightsOf } from "./experiment.ts";

type Budget = AttackBudget & { report: Report };

const ATTACKS: Record<string, { title: string; make: (model: Model, budget: Budget) => Attack }> = {
  fgsm: { title: "FGSM", make: (model, { eps, report }) => fgsm(model, { eps, report }) },
  ifgsm: { title: "I-FGSM", make: ifgsm },
  pgd: { title: "PGD", make: pgd },
  mifgsm: { title: "MI-FGSM", make: mifgsm },
};
const NAMES = Object.keys(ATTACKS).join(", ");
const SHOWN = 10;

/** A number of a flag within its range. */
function numberOf(flags: Context["flags"], flag: string, fallback: number, due: string,
  fits: (v: number) => boolean): number {
  const text = flags[flag];
  const value = text === undefined ? fallback : text === "" ? NaN : Number(text);
  if (!fits(value)) throw new Error(`--${flag}: "${String(text)}" came, ${due} was due`);
  return value;
}

/** The attack's name, and how far and how fast it may go. */
function readAttack(flags: Context["flags"]): { name: string; budget: AttackBudget } {
  const name = flags.attack as string | undefined;
  if (name === undefined || !Object.hasOwn(ATTACKS, name))
    throw new Error(`--attack: ${name === undefined ? "nothing" : `"${name}"`} came, one of ${NAMES} was due`);
  const idle = name === "fgsm" ? ["alpha", "steps"].find((flag) => flags[flag] !== undefined) : undefined;
  if (idle) throw new Error(`--${idle}: FGSM takes one step of eps; leave it out, or take ifgsm`);
  const share = (v: number) => v > 0 && v <= 1;
  const eps = numberOf(flags, "eps", 0.2, "a number above 0 and up to 1", share);
  const alpha = numberOf(flags, "alpha", 0.05, "a number above 0 and up to 1", share);
  const steps = numberOf(flags, "steps", 10, "a whole number from 1 to 10000",
    (v) => Number.isInteger(v) && v >= 1 && v <= 10_000);
  return { name, budget: { eps, alpha, steps } };
}

function readDefence(flags: Context["flags"], rows: readonly string[]): string {
  const text = (flags.defence as string | undefined) ?? "cvae+g-signed";
  const names = rowsOf(text, rows.filter((row) => row !== "none"));
  if (names.length > 1) throw new Error(`--defence: "${text}" came, one defence was due; run the command once for ` +
    `each`);
  return names[0]!;
}

/** Images, and what the classifier says of them. */
interface Seen {
  images: Float32Array;
  predicted: Int32Array;
}

/** Each stage of the images: clean, adversarial, purified. */
type Stages = Record<"clean" | "adversarial" | "purified", Seen>;

const STAGES = ["clean", "adversarial", "purified"] as const;

function emptyStages({ size, shape }: Batches, count: number): Stages {
  const empty = (): Seen => ({ images: new Float32Array(count * size * shape[0] * shape[1] * shape[2]),
    predicted: new Int32Array(count * size) });
  return { clean: empty(), adversarial: empty(), purified: empty() };
}

/** Attacks every batch and purifies what comes out. */
async function attackAndPurify(lab: Lab, run: Attack, classify: Model, name: string): Promise<Stages> {
  const { gpu, signal } = lab;
  const defence = await lab.defence(name);
  const set = lab.batches();
  const stages = emptyStages(set, countOf(set));
  for (let i = 0; i < countOf(set); i++) {
    signal?.throwIfAborted();
    const [x, y] = [imagesAt(gpu, set, i), labelsOf(gpu, set, i)];
    const adv = run(x, y);
    const seen = [await sample(gpu, null, classify, x, set.size), await sample(gpu, null, classify, adv, set.size),
      await sample(gpu, defence, classify, adv, set.size)];
    STAGES.forEach((stage, s) => {
      stages[stage].images.set(seen[s]!.images, i * seen[s]!.images.length);
      stages[stage].predicted.set(seen[s]!.predicted, i * set.size);
    });
    [x, y, adv].forEach((t) => t.dispose());
  }
  return stages;
}

function encodeStages(stages: Stages, labels: Int32Array, shape: readonly number[]): Uint8Array {
  const n = labels.length;
  const images = Object.fromEntries(
    Object.entries(stages).map((
      [name, { images: data }],
    ) => [name, { dtype: "F32" as const, shape: [n, ...shape], data }]),
  );
  const predicted = Int32Array.from(Object.values(stages).flatMap((stage) => [...stage.predicted]));
  return encodeSafetensors(
    { ...images, labels: { dtype: "I32", shape: [n], data: Int32Array.from(labels) },
      predicted: { dtype: "I32", shape: [3, n], data: predicted } },
    { predicted: `rows: ${Object.keys(stages).join(", ")}` },
  );
}

function drawStages({ clean, adversarial, purified }: Stages, labels: Int32Array, shape: Batches["shape"],
  names: { attack: string; defence: string; classes: readonly string[] }): Drawn {
  const count = Math.min(SHOWN, labels.length);
  const pixels = shape[0] * shape[1] * shape[2];
  const row = (label: string, { images, predicted }: Seen) => ({ label, images: images.subarray(0, count * pixels),
    predicted: predicted.subarray(0, count) });
  const rows = [row("original", clean), row("attacked", adversarial), row(`by ${titleOf(names.defence)}`, purified)];
  const group = verdictGroup({ title: names.attack, labels: labels.subarray(0, count), rows },
    { classes: names.classes });
  return drawPictures([group], shape);
}

const share = ({ predicted }: Seen, labels: Int32Array): number =>
  (100 * predicted.filter((digit, i) => digit === labels[i]).length) / labels.length;

const accuracyOf = ({ clean, adversarial, purified }: Stages, labels: Int32Array) => ({ before: share(clean, labels),
  after: share(adversarial, labels), behind: share(purified, labels) });

/** What the attack said of its gradients. */
const gradientSentence = ({ zero, broken, milder }: ReturnType<typeof countReports>, images: number): string =>
  `of ${images} images ${zero} had a gradient that was all zero at some step, ${broken} one that was not finite; ` +
  `${milder} ended with a lower loss than the clean image`;

/** Writes the images and the picture; returns their names for the user. */
function writeStages(out: string, stages: Stages, { test: { labels }, dataset: { shape, classes } }: Lab,
  attack: string, defence: string): string {
  const file = (ending: string) => join(out, `adversarial.${ending}`);
  const { png: image, sheet } = drawStages(stages, labels, shape, { attack, defence, classes });
  writeFileAtomic(file("safetensors"), encodeStages(stages, labels, shape));
  writeFileAtomic(file("png"), image);
  writeFileAtomic(file("html"), htmlReport({ title: `${attack}, and what ${titleOf(defence)} makes of it`, summary: "",
    sections: [{ heading: "Images", parts: [{ kind: "pictures", image, sheet, caption: "Under each image the " +
      "classifier's verdict, in red with a cross where it is wrong." }] }] }));
  return `${file("safetensors")}, ${file("png")} and ${file("html")}`;
}

export const attack: Command = {
  summary: "attack test images, purify them, and keep both as safetensors, as pictures and as a page",
  flags: {
    attack: { type: "string", help: `one of ${NAMES}` },
    eps: { type: "string", help: "largest change of a pixel, in [0, 1] (default 0.2)" },
    alpha: { type: "string", help: "length of a step (default 0.05)" },
    steps: { type: "string", help: "number of steps (default 10)" },
    defence: { type: "string", help: "the purifier (default cvae+g-signed)" },
    images: { type: "string", help: "so many test images from the first on (default 10)" },
    ...WEIGHT_FLAGS,
    out: { type: "string", help: "folder for adversarial.safetensors, .png and .html (default out/attack)" },
  },
  async run(context) {
    const { flags, seed, say } = context;
    const { name, budget } = readAttack(flags);
    const weights = weightsOf("attack", flags);
    const defence = readDefence(flags, weights.settings.rows);
    const images = imagesOf(flags, 10);
    const out = outOf(flags, "out/attack");
    const gpu = await context.open();
    rowsThere(weights, { ...context, gpu }, [defence]);
    const lab = labOn(weights, { ...context, gpu }, [defence], images);
    const labels = lab.test.labels;
    const title = `${ATTACKS[name]!.title}, eps ${budget.eps}`;
    const classify = await lab.model();
    const heard: AttackReport[] = [];
    const run = ATTACKS[name]!.make(classify, { ...budget, report: (found) => heard.push(found) });
    const stages = await attackAndPurify(lab, run, classify, defence);
    run.dispose();
    const accuracy = accuracyOf(stages, labels);
    const [before, after, behind] = Object.values(accuracy).map((percent) => `${percent.toFixed(2)} %`);
    say(`${title}, ${images} test images: ${before} right before the attack, ${after} after it, ${behind} ` +
      `behind ${titleOf(defence)}`);
    const gradients = countReports(heard);
    say(gradientSentence(gradients, images));
    say(`wrote ${writeStages(out, stages, lab, title, defence)}`);
    const settings = { weights: weights.name, attack: name, ...(name === "fgsm" ? { eps: budget.eps } : budget),
      defence, images };
    return { result: { command: "attack", settings, seed, adapter: gpu.adapter.name, commit: commit(), accuracy,
      gradients }, ok: true };
  },
};
