// How a training run is steered: it goes on, is held between two steps, takes one step, ends.

export class Control {
  private readonly stopper = new AbortController();
  private held = false;
  /** Steps that were asked for while it is held. */
  private due = 0;
  private wake = (): void => {};

  get signal(): AbortSignal {
    return this.stopper.signal;
  }

  /** Whether it waits at the next `wait`. */
  get waits(): boolean {
    return this.held && this.due === 0 && !this.signal.aborted;
  }

  pause(): void {
    this.held = true;
  }

  go(): void {
    this.held = false;
    this.due = 0;
    this.wake();
  }

  step(): void {
    this.due++;
    this.wake();
  }

  stop(): void {
    this.stopper.abort(new Error("Stopped; the weights can be saved."));
    this.wake();
  }

  /** Between two steps: at once, or when one of the others lets it go on. Throws where it was stopped. */
  async wait(): Promise<void> {
    if (this.waits) await new Promise<void>((resolve) => { this.wake = resolve; });
    this.due = Math.max(0, this.due - 1);
    this.signal.throwIfAborted();
  }
}
