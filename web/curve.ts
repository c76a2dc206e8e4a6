// A line of losses on a canvas, redrawn as it grows.

import { el } from "./dom.ts";

export class Curve {
  readonly canvas = el("canvas", { class: "wide curve", role: "img", "aria-label": "The loss over the steps" });
  private points: [step: number, loss: number][] = [];
  private readonly watch = new ResizeObserver(() => this.draw());

  constructor() {
    this.watch.observe(this.canvas);
  }

  clear(): void {
    this.points = [];
    this.draw();
  }

  add(step: number, loss: number): void {
    this.points.push([step, loss]);
    this.draw();
  }

  close(): void {
    this.watch.disconnect();
  }

  private draw(): void {
    const { canvas, points } = this;
    const [w, h] = [canvas.clientWidth, canvas.clientHeight].map((v) => v * devicePixelRatio) as [number, number];
    [canvas.width, canvas.height] = [w, h];
    if (!points.length) return;
    const context = canvas.getContext("2d")!;
    const style = getComputedStyle(canvas);
    const sorted = points.map(([, loss]) => loss).sort((a, b) => a - b);
    const [low, high] = [sorted[0]!, sorted[Math.floor(0.98 * (sorted.length - 1))]!];
    const y = (v: number) => h - 20 * devicePixelRatio - ((Math.min(v, high) - low) / (high - low || 1)) *
      (h - 42 * devicePixelRatio);
    const [first, last] = [points[0]![0], points.at(-1)![0]];
    context.strokeStyle = style.getPropertyValue("--accent");
    context.lineWidth = 2 * devicePixelRatio;
    context.beginPath();
    points.forEach(([step, loss]) => context.lineTo(((step - first) / (last - first || 1)) * w, y(loss)));
    context.stroke();
    context.fillStyle = style.getPropertyValue("--muted");
    context.font = `${12 * devicePixelRatio}px sans-serif`;
    const short = (v: number) => String(Number(v.toPrecision(3)));
    context.fillText(`loss ${short(high)}`, 4, 14 * devicePixelRatio);
    context.fillText(short(low), 4, h - 4 * devicePixelRatio);
    context.textAlign = "right";
    context.fillText(`step ${last}`, w - 4, h - 4 * devicePixelRatio);
  }
}
