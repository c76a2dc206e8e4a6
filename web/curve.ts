// The loss over the steps, drawn by uPlot as it comes.

import uPlot from "uplot";
import { el } from "./dom.ts";

const HIGH = 240; // CSS pixels, with the legend

const short = (v: number | null): string => (v === null ? "-" : String(Number(v.toPrecision(4))));

export class Curve {
  readonly root = el("div", { class: "curve", role: "img", "aria-label": "The loss over the steps" });
  private readonly plot: uPlot;
  private readonly data: [step: number[], loss: number[]] = [[], []];
  private readonly watch = new ResizeObserver(() => this.fit());
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");

  constructor() {
    const colour = (name: string) => () => getComputedStyle(this.root).getPropertyValue(name);
    const axis = (label: string) => ({ label, labelSize: 22, stroke: colour("--muted"),
      grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } });
    this.plot = new uPlot({ width: 400, height: HIGH - 30, scales: { x: { time: false } },
      axes: [{ ...axis("step"), size: 30 }, { ...axis("loss"), size: 56 }],
      series: [{ label: "step" }, { label: "loss", stroke: colour("--accent"), width: 2, points: { show: false },
        value: (_, v) => short(v) }] }, this.data, this.root);
    this.watch.observe(this.root);
    this.dark.addEventListener("change", this.redraw);
  }

  private redraw = (): void => this.plot.redraw();

  private fit(): void {
    const width = this.root.clientWidth;
    if (width > 0 && width !== this.plot.width) this.plot.setSize({ width, height: HIGH - 30 });
  }

  clear(): void {
    this.data.forEach((numbers) => { numbers.length = 0; });
    this.plot.setData(this.data);
  }

  add(step: number, loss: number): void {
    this.data[0].push(step);
    this.data[1].push(loss);
    this.plot.setData(this.data);
  }

  close(): void {
    this.watch.disconnect();
    this.dark.removeEventListener("change", this.redraw);
    this.plot.destroy();
  }
}
