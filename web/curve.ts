// A line of losses on a canvas, redrawn as it grows.

import { el } from "./dom.ts";

export class Curve {
  readonly canvas = el("canvas", { class: "wide curve", role: "img", "aria-label": "The loss over the steps" });
  private values: number[] = [];

  clear(): void {
    this.values = [];
    this.draw();
  }

  add(value: number): void {
    this.values.push(value);
    this.draw();
  }

  private draw(): void {
    const { canvas, values } = this;
    const [w, h] = [canvas.clientWidth, canvas.clientHeight].map((v) => v * devicePixelRatio) as [number, number];
    [canvas.width, canvas.height] = [w, h];
    if (!values.length) return;
    const context = canvas.getContext("2d")!;
    const style = getComputedStyle(canvas);
    const sorted = [...values].sort((a, b) => a - b);
    const [low, high] = [sorted[0]!, sorted[Math.floor(0.98 * (sorted.length - 1))]!];
    const y = (v: number) => h - 8 - ((Math.min(v, high) - low) / (high - low || 1)) * (h - 24);
    context.strokeStyle = style.getPropertyValue("--accent");
    context.lineWidth = 2 * devicePixelRatio;
    context.beginPath();
    values.forEach((v, i) => context.lineTo((i / Math.max(1, values.length - 1)) * w, y(v)));
    context.stroke();
    context.fillStyle = style.getPropertyValue("--muted");
    context.font = `${12 * devicePixelRatio}px sans-serif`;
    context.fillText(high.toPrecision(3), 4, 14 * devicePixelRatio);
    context.fillText(low.toPrecision(3), 4, h - 4);
  }
}
