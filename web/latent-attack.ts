// An attack on one image, as the latent space sees it: where the encoder puts the image step by step, and where it puts
// what the purifiers make of the end.

import { add, cat, purify as purifyBy, slice, type Engine } from "../src/index.ts";
import type { Autoencoder } from "../src/model/networks/autoencoder.ts";
import { ATTACKS, wayOf } from "./attacks.ts";
import { marksOf, swatch, type Mark, type Rgb } from "./latent-marks.ts";
import { unit, type Images } from "./lab.ts";
import type { Networks } from "./networks.ts";

export const [EPS, STEPS] = [0.24, 12];

const WAY: Rgb = [220, 30, 30];
/** Purifiers whose results are marked, by name. */
const PURIFIERS: readonly (readonly [name: string, title: string, colour: Rgb])[] = [
  ["cvae+g-signed", "C-VAE+G (signed)", [20, 190, 80]], ["cvae", "C-VAE", [0, 170, 190]],
  ["vae", "VAE", [165, 110, 235]], ["jpeg-50", "JPEG 50", [215, 150, 60]]];

/** I-FGSM on the bare classifier: the attacked image, what `net` makes of it, and the marks in the latent space. */
export async function attackIn(gpu: Engine, networks: Networks, images: Images, net: Autoencoder,
  i: number): Promise<{ last: Float32Array; back: Float32Array; marks: Mark[] }> {
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
    return { codes: net.encode(cat([way, ...purified], 0)).mu, last: add(end, 0), back: purifyBy(net, end) };
  });
  const [codes, last, back] = await Promise.all([made.codes, made.last, made.back].map((t) => t.data()));
  [x, y, way, made.codes, made.last, made.back].forEach((t) => t.dispose());
  const colour = (k: number) => (k < steps ? WAY : PURIFIERS[k - steps]![2]);
  return { last: last!, back: back!, marks: marksOf(codes!, net.latent, colour, 2.2) };
}

/** What the colours of the marks mean. */
export const attackLegend = (): (Node | string)[] => [swatch(`rgb(${WAY})`), "the attack, step by step; its end ",
  ...PURIFIERS.flatMap(([, title, rgb]) => [swatch(`rgb(${rgb})`), `by ${title}  `])];
