// What goes wrong on the GPU is known later than the call that caused it. Faults collects it: every error is thrown
// once, by the next call or read after it is known; a lost device is thrown by every call from then on.

type Filter = "validation" | "out-of-memory";

export class Faults {
  private failure: Error | null = null;
  private gone: Error | null = null;
  private readonly open = new Set<Promise<void>>();

  constructor(private readonly device: GPUDevice) {
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault(); // not printed: the next call throws it
      this.fail(new Error(oneLine(event.error.message)));
    });
    void device.lost.then(({ message, reason }) => {
      const why = oneLine(message) || reason;
      this.gone ??= new Error(`the GPU device was lost (${why}); nothing computed since can be trusted: start again`);
    });
  }

  /** Whether the device is gone for good. */
  get lost(): boolean {
    return this.gone !== null;
  }

  /** The first error since the last check is thrown by the next one. */
  fail(error: Error): void {
    this.failure ??= error;
  }

  /** Throws what went wrong since the last check; a lost device each time. */
  check(): void {
    if (this.gone) throw this.gone;
    const error = this.failure;
    this.failure = null;
    if (error) throw error;
  }

  /** Opens an error scope. The function it returns closes the scope: `blame` is called if there was an error in it. */
  watch(filter: Filter): (blame: (message: string) => void | Promise<void>) => void {
    this.device.pushErrorScope(filter);
    return (blame) =>
      void this.expect(
        this.device.popErrorScope().then((error) => (error ? blame(oneLine(error.message)) : undefined)),
      );
  }

  /** A report that must be in before results count. What a lost device leaves unanswered is reported by its loss. */
  expect(report: Promise<void>): Promise<void> {
    const entry = report.catch(() => undefined).finally(() => this.open.delete(entry));
    this.open.add(entry);
    return entry;
  }

  /** Waits for the reports on everything that was called so far. */
  async settle(): Promise<void> {
    while (this.open.size > 0) await Promise.all(this.open);
  }
}

/** Dawn explains in several lines; the first says it, the others where it happened. */
const oneLine = (message: string): string => message.split("\n").map((line) => line.trim()).filter(Boolean).join(" ");
