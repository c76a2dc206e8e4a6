// An attack on one image, as the latent space sees it: a line through where the encoder puts the image step by step,
// and from its end a line to where it puts what each purifier makes of it.

import { add, cat, slice } from "../src/index.ts";
import { ATTACKS, wayOf } from "./attacks.ts";
import type { Codes } from "./latent-codes.ts";
import { colourOf, entry, type Line, type Mark, type Marked, type Rgb } from "./latent-marks.ts";
import { unit, type Images, type Lab } from "./lab.ts";

export const [EPS, STEPS] = [0.24, 12];

const WAY = colourOf(5);
/** Purifiers whose results are marked, by name. */
const PURIFIERS: readonly (readonly [name: string, title: string, colour: Rgb])[] = [
  ["cvae+g-signed", "C-VAE+G (signed)", colourOf(2)], ["cvae", "C-VAE", colourOf(0)], ["vae", "VAE", colourOf(3)],
  ["jpeg-50", "JPEG 50", colourOf(6)]];

/** The attacked image, and what the latent space shows of it. */
export interface Seen {
  last: Float32Array;
  marked: Marked;
}

/** I-FGSM on the bare classifier, from the i-th image on. */
export async function attackIn(lab: Lab, images: Images, { gpu, net }: Codes, i: number): Promise<Seen> {
  const networks = await lab.networks();
  const classifier = await networks.classifier(images.name);
  const purifiers = await Promise.all(PURIFIERS.map(([name]) => networks.purifier(images.name, name)));
  const x = gpu.tensor(unit(images, i), [1, ...images.shape]);
  const y = gpu.tensor([images.labels[i]!], [1], "i32");
  const budget = { eps: EPS, alpha: EPS / STEPS, steps: STEPS, targeted: false };
  const way = await wayOf(gpu, ATTACKS.ifgsm!, (v) => classifier.forward(v), budget, x, y);
  const steps = way.shape[0]!;
  const made = gpu.scope(() => {
    const end = slice(way, 0, steps - 1, steps);
    const purified = purifiers.map(({ purify }) => purify(end));
    return { codes: net.encode(cat([way, ...purified], 0)).mu, last: add(end, 0) };
  });
  const [codes, last] = await Promise.all([made.codes, made.last].map((t) => t.data()));
  [x, y, way, made.codes, made.last].forEach((t) => t.dispose());
  return { last: last!, marked: markedOf(codes!, steps, net.latent) };
}

/** codes [steps + purifiers, d] */
function markedOf(codes: Float32Array, steps: number, d: number): Marked {
  const ends: Record<number, string> = { 0: "original", [steps - 1]: "attacked" };
  const marks = Array.from({ length: codes.length / d }, (_, k): Mark => {
    const code = codes.subarray(k * d, (k + 1) * d);
    if (k >= steps) return { code, colour: PURIFIERS[k - steps]![2], radius: 2.2, label: PURIFIERS[k - steps]![1],
      beside: true };
    return { code, colour: WAY, radius: k in ends ? 2.2 : 1.2, label: ends[k] ?? "", beside: true };
  });
  const lines = marks.flatMap((_, to): Line[] => to === 0 ? []
    : [{ from: to < steps ? to - 1 : steps - 1, to, width: to < steps ? 3 : 1.5 }]);
  return { marks, lines };
}

/** What the colours of the marks mean. */
export const attackLegend = (): Node[] => [entry(WAY, "the attack, step by step"),
  ...PURIFIERS.map(([, title, colour]) => entry(colour, `its end, by ${title}`))];
