import { join } from "node:path";
import type { Command, Context } from "./command.ts";
import { writeFileAtomic } from "../data/files.ts";
import { encodeSafetensors } from "../data/safetensors.ts";
import { attackAll, sample, type AttackBudget, type Batches } from "../lab/evaluate.ts";
import { verdictGrid } from "../lab/figures/adversarial.ts";
import { purifier } from "../lab/networks.ts";
import { ROWS, TITLES, type RowName } from "../lab/names.ts";
import { commit } from "../lab/results.ts";
import { fgsm, ifgsm, mifgsm, pgd, type Attack, type Engine, type Model } from "../index.ts";
import { namesOf, openClassifier, openDefences, testImages, WEIGHT_FLAGS, weightsOf, type Weights } from "./weights.ts";

const ATTACKS: Record<string, { title: string; make: (model: Model, budget: AttackBudget) => Attack }> = {
  fgsm: { title: "FGSM", make: (model, { eps }) => fgsm(model, { eps }) },
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

function readDefence(flags: Context["flags"]): RowName {
  const text = (flags.defence as string | undefined) ?? "cvae+g-signed";
  const names = namesOf(text, ROWS.filter((row) => row !== "none"));
  if (names.length > 1) throw new Error(`--defence: "${text}" came, one defence was due; run the command once for ` +
    `each`);
  return names[0]!;
}

/** Images, and what the classifier says of them. */
interface Seen {
  images: Float32Array;
  predicted: Int32Array;
}

/** All images of a set behind a purifier (or as they are), with the classifier's verdicts. */
async function see(gpu: Engine, purify: Model | null, classify: Model, set: Batches): Promise<Seen> {
  const pixels = set.shape[0] * set.shape[1] * set.shape[2];
  const seen: Seen = { images: new Float32Array(set.images.length * set.size * pixels),
    predicted: new Int32Array(set.images.length * set.size) };
  for (const i of set.images.keys()) {
    const { images, predicted } = await sample(gpu, purify, classify, { ...set, images: [set.images[i]!],
      labels: [set.labels[i]!] }, set.size);
    seen.images.set(images, i * set.size * pixels);
    seen.predicted.set(predicted, i * set.size);
  }
  return seen;
}

/** Each stage of the images: clean, adversarial, purified. */
type Stages = Record<"clean" | "adversarial" | "purified", Seen>;

interface Job {
  gpu: Engine;
  signal: AbortSignal;
  weights: Weights;
  clean: Batches;
  name: string;
  budget: AttackBudget;
  defence: RowName;
}

async function attackAndPurify({ gpu, signal, weights, clean, name, budget, defence }: Job): Promise<Stages> {
  const purify = purifier(openDefences(gpu, weights, [defence])[0]!);
  const classifier = openClassifier(gpu, weights);
  const classify: Model = (x) => classifier.forward(x);
  const { title, make } = ATTACKS[name]!;
  const run = make(classify, budget);
  const attacked = await attackAll(gpu, title, run, clean, signal);
  run.dispose();
  return { clean: await see(gpu, null, classify, clean), adversarial: await see(gpu, null, classify, attacked),
    purified: await see(gpu, purify, classify, attacked) };
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
  names: { attack: string; defence: RowName; }): Uint8Array {
  const count = Math.min(SHOWN, labels.length);
  const pixels = shape[0] * shape[1] * shape[2];
  const row = (label: string, { images, predicted }: Seen) => ({ label, images: images.subarray(0, count * pixels),
    predicted: predicted.subarray(0, count) });
  const rows = [row("original", clean), row("attacked", adversarial), row(`by ${TITLES[names.defence]}`, purified)];
  return verdictGrid({ title: names.attack, labels: labels.subarray(0, count), rows }, shape);
}

const share = ({ predicted }: Seen, labels: Int32Array): number =>
  (100 * predicted.filter((digit, i) => digit === labels[i]).length) / labels.length;

export const attack: Command = {
  summary: "attack test images, purify them, and keep both as safetensors and as a picture",
  flags: {
    attack: { type: "string", help: `one of ${NAMES}` },
    eps: { type: "string", help: "largest change of a pixel, in [0, 1] (default 0.2)" },
    alpha: { type: "string", help: "length of a step (default 0.05)" },
    steps: { type: "string", help: "number of steps (default 10)" },
    defence: { type: "string", help: "the purifier (default cvae+g-signed)" },
    images: { type: "string", help: "so many test images from the first on (default 10)" },
    ...WEIGHT_FLAGS,
    out: { type: "string", help: "folder for adversarial.safetensors and adversarial.png (default out/attack)" },
  },
  async run({ gpu, flags, seed, signal, say }) {
    const { name, budget } = readAttack(flags);
    const defence = readDefence(flags);
    const weights = weightsOf("attack", flags);
    const clean = testImages(flags, 10);
    const labels = Int32Array.from(clean.labels.flatMap((batch) => [...batch]));
    const title = `${ATTACKS[name]!.title}, eps ${budget.eps}`;
    const stages = await attackAndPurify({ gpu, signal, weights, clean, name, budget, defence });
    const accuracy = { before: share(stages.clean, labels), after: share(stages.adversarial, labels),
      behind: share(stages.purified, labels) };
    const [before, after, behind] = Object.values(accuracy).map((percent) => `${percent.toFixed(2)} %`);
    say(`${title}, ${labels.length} test images: ${before} right before the attack, ${after} after it, ${behind} ` +
      `behind ${TITLES[defence]}`);
    const out = (flags.out as string | undefined) ?? "out/attack";
    writeFileAtomic(join(out, "adversarial.safetensors"), encodeStages(stages, labels, clean.shape));
    writeFileAtomic(join(out, "adversarial.png"), drawStages(stages, labels, clean.shape, { attack: title, defence }));
    say(`wrote ${join(out, "adversarial.safetensors")} and ${join(out, "adversarial.png")}`);
    const settings = { weights: weights.name, attack: name, ...(name === "fgsm" ? { eps: budget.eps } : budget),
      defence, images: labels.length };
    return { result: { command: "attack", settings, seed, adapter: gpu.adapter.name, commit: commit(), accuracy },
      ok: true };
  },
};
