// Pictures on canvases, and images from pictures.

import { el } from "./dom.ts";
import type { Images } from "./lab.ts";

type Shape = Images["shape"];

/** A canvas of one image; `label` says what it shows. */
export const pictureCanvas = ([, h, w]: Shape, label: string): HTMLCanvasElement =>
  el("canvas", { class: "picture", width: w, height: h, role: "img", "aria-label": label });

/** Draws pixels [C,H,W] in [0,1], grey or red, green and blue. */
export function paint(canvas: HTMLCanvasElement, pixels: ArrayLike<number>): void {
  const size = canvas.width * canvas.height;
  const next = pixels.length > size ? size : 0;
  paintBy(canvas, (i) => [255 * pixels[i]!, 255 * pixels[i + next]!, 255 * pixels[i + 2 * next]!]);
}

/**
 * Draws a change [C,H,W] of up to `most`: of a grey image orange where a pixel rises, blue where it falls and grey
 * where it stays; of a colour image each colour about its middle.
 */
export function paintChange(canvas: HTMLCanvasElement, change: ArrayLike<number>, most: number): void {
  const size = canvas.width * canvas.height;
  const share = (i: number) => Math.max(-1, Math.min(1, change[i]! / (most || 1)));
  if (change.length > size)
    return paintBy(canvas, (i) => [0, 1, 2].map((c) => 128 + 127 * share(i + c * size)) as [number, number, number]);
  paintBy(canvas, (i) => {
    const rest = 1 - Math.abs(share(i));
    const [r, g, b] = share(i) > 0 ? [230, 120, 20] : [40, 120, 220];
    return [rest * 128 + (1 - rest) * r!, rest * 128 + (1 - rest) * g!, rest * 128 + (1 - rest) * b!];
  });
}

function paintBy(canvas: HTMLCanvasElement, colour: (i: number) => readonly [number, number, number]): void {
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < image.data.length / 4; i++) image.data.set([...colour(i), 255], 4 * i);
  context.putImageData(image, 0, 0);
}

/** A picture with its title above it. */
export function pictureCard(shape: Shape, title: string, pixels: ArrayLike<number>): HTMLElement {
  const canvas = pictureCanvas(shape, title);
  paint(canvas, pixels);
  return el("div", { class: "card" }, el("h3", {}, title), canvas);
}

const PAD = 224;

/** A pad to draw a digit on; `drawn` hears its pixels [1,H,W] in [0,1] after each stroke. */
export function drawingPad(shape: Shape, drawn: (pixels: Float32Array) => void): HTMLElement {
  const canvas = el("canvas", { class: "pad", width: PAD, height: PAD, role: "img",
    "aria-label": "Draw a digit here with mouse, pen or finger" });
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  Object.assign(context, { lineWidth: 18, lineCap: "round", lineJoin: "round", strokeStyle: "#fff" });
  let drawing = false;
  const at = (event: PointerEvent): [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * PAD) / box.width, ((event.clientY - box.top) * PAD) / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    context.beginPath();
    context.moveTo(...at(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    context.lineTo(...at(event));
    context.stroke();
  });
  canvas.addEventListener("pointerup", () => {
    drawing = false;
    drawn(shrink(canvas, shape));
  });
  const clear = el("button", { type: "button", click: () => context.clearRect(0, 0, PAD, PAD) }, "Clear");
  return el("div", {}, canvas, clear);
}

/** The middle square of a picture on black as pixels [C,H,W] in [0,1], each the mean over its area. */
function shrink(source: HTMLCanvasElement | ImageBitmap, [channels, h, w]: Shape): Float32Array {
  const cell = 8;
  const context = new OffscreenCanvas(w * cell, h * cell).getContext("2d")!;
  const side = Math.min(source.width, source.height);
  const [left, top] = [(source.width - side) / 2, (source.height - side) / 2];
  context.drawImage(source, left, top, side, side, 0, 0, w * cell, h * cell);
  const { data } = context.getImageData(0, 0, w * cell, h * cell);
  const out = new Float32Array(channels * h * w);
  for (let y = 0; y < h * cell; y++)
    for (let x = 0; x < w * cell; x++)
      for (let c = 0; c < 3; c++) {
        const at = 4 * (y * w * cell + x);
        const pixel = (channels === 3 ? c * h * w : 0) + Math.floor(y / cell) * w + Math.floor(x / cell);
        out[pixel]! += (data[at + c]! / 255) * (data[at + 3]! / 255) / (cell * cell * (channels === 3 ? 1 : 3));
      }
  return out;
}

/** A picture file as an image of that shape; of a digit bright on dark, turned round where it is dark on bright. */
export async function imageOfFile(file: File, shape: Shape): Promise<Float32Array> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name}: it is no picture that this browser can read; drop a PNG or JPEG`);
  });
  const pixels = shrink(bitmap, shape);
  const mean = pixels.reduce((a, b) => a + b, 0) / pixels.length;
  return shape[0] === 1 && mean > 0.5 ? pixels.map((v) => 1 - v) : pixels;
}
