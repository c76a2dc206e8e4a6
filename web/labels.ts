// Words on a canvas: on a mark, or beside it, none over another.

/** A place in CSS pixels, and what is written there. */
export interface Label {
  words: string;
  x: number;
  y: number;
  /** Beside the place, or on it in black or white, whichever is seen better on this colour. */
  on: readonly [number, number, number] | null;
}

const FONT = 'px "Open Sans", system-ui, sans-serif';
const HIGH = 15;

const isBright = ([r, g, b]: readonly [number, number, number]): boolean => 0.3 * r + 0.59 * g + 0.11 * b > 130;

/** `ink` on a rim of `paper`. */
export function drawLabels(context: CanvasRenderingContext2D, labels: readonly Label[], ink: string,
  paper: string): void {
  const taken: [x: number, y: number, width: number][] = [];
  context.textBaseline = "middle";
  for (const { words, x, y, on } of labels) {
    if (on) {
      context.font = `bold 13${FONT}`;
      context.textAlign = "center";
      context.fillStyle = isBright(on) ? "#000" : "#fff";
      context.fillText(words, x, y + 1);
      continue;
    }
    context.font = `600 12${FONT}`;
    context.textAlign = "left";
    const { width } = context.measureText(words);
    const left = Math.max(2, Math.min(x + 12, context.canvas.clientWidth - width - 4));
    let top = y;
    const meets = ([x2, y2, w2]: readonly [number, number, number]) =>
      Math.abs(y2 - top) < HIGH && left < x2 + w2 && x2 < left + width;
    while (taken.some(meets)) top += 1;
    taken.push([left, top, width]);
    [context.strokeStyle, context.lineWidth, context.lineJoin] = [paper, 4, "round"];
    context.strokeText(words, left, top);
    context.fillStyle = ink;
    context.fillText(words, left, top);
  }
}
