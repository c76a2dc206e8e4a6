// Codes and marks as buffers that can be drawn: the GPU projects them, and they are drawn from where it put them.

import { add, matmul, sub } from "../src/index.ts";
import type { Scene } from "./cloud.ts";
import type { Codes } from "./latent-codes.ts";
import type { Marked, Rgb } from "./latent-marks.ts";
import type { Projection } from "./latent-projection.ts";

/** How much is seen of an image's point while marks are to be seen. */
const FADED = 0.3;

/** `colour` of each image; the images fade where there are lines. */
export function sceneOf({ gpu, net: { latent: d }, all: codes }: Codes, { mean, axes }: Projection,
  colour: (i: number) => Rgb, { marks, lines }: Marked): Scene {
  const images = codes.length / d;
  const all = new Float32Array([...codes, ...marks.flatMap(({ code }) => [...code])]);
  const n = all.length / d;
  const radius = (i: number) => (i < images ? 1 : marks[i - images]!.radius);
  const shade = (i: number) => (i < images ? colour(i) : marks[i - images]!.colour);
  const points = gpu.keep(gpu.scope(() => {
    const at = matmul(sub(gpu.tensor(all, [n, d]), gpu.tensor(mean, [1, d])), gpu.tensor(axes, [d, 4]));
    return add(at, gpu.tensor(Float32Array.from({ length: 4 * n }, (_, i) => (i % 4 < 3 ? 0 : radius(i >> 2))),
      [n, 4]));
  }));
  const seen = (i: number) => (i < images && lines.length ? FADED : 1);
  const colours = gpu.keep(gpu.tensor(Float32Array.from({ length: 4 * n }, (_, i) =>
    (i % 4 === 3 ? seen(i >> 2) : shade(i >> 2)[i % 4]! / 255)), [n, 4]));
  const ways = lines.flatMap(({ from, to, width }) => [images + from, images + to, width, 0]);
  return { points, colours, lines: gpu.keep(gpu.tensor(ways.length ? ways : [0, 0, 0, 0],
    [Math.max(1, lines.length), 4])) };
}

export const disposeScene = (scene: Scene | null): void =>
  scene ? [scene.points, scene.colours, scene.lines].forEach((t) => t.dispose()) : undefined;
