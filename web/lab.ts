// What the pages share: the engine, opened when it is first needed, the images, the shipped networks.

import { createEngine, type Engine } from "../src/index.ts";
import { bytesOf, jsonOf } from "./fetch.ts";
import { openNetworks, type Networks } from "./networks.ts";

/** Test or training images, and what they are. */
export interface Images {
  /** "mnist" or "cifar10". */
  name: string;
  title: string;
  /** Pixels 0 to 255, [n,C,H,W]. */
  bytes: Uint8ClampedArray<ArrayBuffer>;
  labels: number[];
  n: number;
  shape: readonly [channels: number, height: number, width: number];
  classes: string[];
  mean: number[];
  std: number[];
}

export const sizeOf = ({ shape: [c, h, w] }: Pick<Images, "shape">): number => c * h * w;

/** A page of the lab. */
export interface Page {
  title: string;
  /** Fills `root`; what it returns is called when another page is opened. */
  open(root: HTMLElement, lab: Lab, state: URLSearchParams): Promise<() => void> | (() => void);
}

/** Images of a picture with an image a row, grey or in colour, as the build makes them. */
async function readImages(name: string): Promise<Images> {
  const [picture, about] = await Promise.all([bytesOf(`data/${name}.png`),
    jsonOf<Omit<Images, "bytes" | "n">>(`data/${name}.json`)]);
  const bitmap = await createImageBitmap(new Blob([picture]), { colorSpaceConversion: "none" });
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  return { ...about, n: bitmap.height, bytes: planar(data, about.shape) };
}

/** RGBA pixels to [n,C,H,W]; a grey image has its value in every colour. */
function planar(rgba: Uint8ClampedArray, [channels, h, w]: Images["shape"]): Images["bytes"] {
  const size = h * w;
  const bytes = new Uint8ClampedArray((rgba.length / 4) * channels);
  for (let i = 0; i < rgba.length / 4; i++)
    for (let c = 0; c < channels; c++)
      bytes[(Math.floor(i / size) * channels + c) * size + (i % size)] = rgba[4 * i + c]!;
  return bytes;
}

/** Remembers what a function of a name gave, so that it is loaded once. */
export function once<T>(load: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const found = new Map<string, Promise<T>>();
  return (name) => {
    const known = found.get(name) ?? load(name);
    found.set(name, known);
    known.catch(() => found.delete(name)); // the next try loads again
    return known;
  };
}

/** An engine; a browser that has just restarted its GPU process gives one at the second try. */
async function openEngine(tries = 3): Promise<Engine> {
  try {
    return await createEngine({ seed: 0 });
  } catch (error) {
    if (tries === 1 || !navigator.gpu) throw error;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return openEngine(tries - 1);
  }
}

export class Lab {
  private opened: Promise<Engine> | null = null;
  private made: Networks | null = null;
  readonly images = once(readImages);

  /** `told` hears which adapter it is, or why there is none. */
  constructor(private readonly told: (line: string, failed: boolean) => void) {}

  gpu(): Promise<Engine> {
    this.opened ??= openEngine().then((gpu) => {
      this.told(gpu.adapter.line, false);
      void gpu.device.lost.then(({ message }) => this.lose(message));
      return gpu;
    });
    this.opened.catch((error: Error) => {
      this.opened = null;
      this.told(error.message, true);
    });
    return this.opened;
  }

  /** What lay on the GPU is gone with it; the next who asks gets a new engine. */
  private lose(message: string): void {
    [this.opened, this.made] = [null, null];
    this.told(`The GPU was lost (${message || "no reason given"}); the next computation asks for it again, and where ` +
      "that fails, reload the page.", true);
  }

  /** The shipped networks, on the engine of now. */
  async networks(): Promise<Networks> {
    const gpu = await this.gpu();
    this.made ??= openNetworks(gpu, (set) => this.images(`${set}-test`));
    return this.made;
  }
}

/** Pixels in [0,1] of `count` images from the i-th on, [count,C,H,W]. */
export function unit(images: Images, i: number, count = 1): Float32Array {
  const size = sizeOf(images);
  return Float32Array.from(images.bytes.subarray(i * size, (i + count) * size), (v) => v / 255);
}
