// A slider over the steps of an attack, with a button that plays them.

import { el } from "./dom.ts";

const FRAME_MS = 350;

/**
 * `shown` hears which step is shown now. Where the system asks for less motion, the button goes one step on instead of
 * playing them all.
 */
export class Player {
  readonly root: HTMLElement;
  private readonly slider = el("input", { type: "range", min: 0, max: 0, step: 1, value: 0, class: "steps",
    "aria-label": "Step of the attack" });
  private readonly button = el("button", { type: "button" });
  private readonly place = el("output");
  private clock = 0;
  private readonly still = matchMedia("(prefers-reduced-motion: reduce)");

  constructor(private readonly shown: (step: number) => void) {
    this.root = el("div", { class: "player", role: "group", "aria-label": "Step by step" }, this.button, this.slider,
      this.place);
    this.slider.addEventListener("input", () => {
      this.pause();
      this.show(this.step);
    });
    this.button.addEventListener("click", () => {
      if (this.still.matches) this.show((this.step + 1) % (this.last + 1));
      else if (this.clock) this.pause();
      else this.play();
    });
    this.pause();
  }

  get step(): number {
    return Number(this.slider.value);
  }

  private get last(): number {
    return Number(this.slider.max);
  }

  /** Another attack, of so many steps and its start; its end is shown. */
  reset(steps: number): void {
    this.pause();
    this.slider.max = String(steps);
    this.root.hidden = steps === 0;
    this.place.textContent = `step ${steps} of ${steps}`;
    this.slider.value = String(steps);
  }

  private show(step: number): void {
    this.slider.value = String(step);
    this.place.textContent = `step ${step} of ${this.last}`;
    this.shown(step);
  }

  private play(): void {
    this.button.textContent = "Pause";
    this.show(this.step === this.last ? 0 : this.step);
    this.clock = window.setInterval(() => {
      if (this.step === this.last) this.pause();
      else this.show(this.step + 1);
    }, FRAME_MS);
  }

  pause(): void {
    clearInterval(this.clock);
    this.clock = 0;
    this.button.textContent = this.still.matches ? "Next step" : "Play the steps";
  }
}
