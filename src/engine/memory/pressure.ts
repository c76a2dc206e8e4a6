// A GPU buffer weighs a hundred bytes on the JavaScript heap, so the garbage collector sees no reason to look for lost
// ones. This counts what was made outside of scopes and asks for a collection where the platform has a way (Node).

/** First collection: at so many storages, or so many bytes. Later ones: at twice what the last one left. */
const COUNT = 128;
const BYTES = 64 * 2 ** 20;
/** A collection may take this share of the time. */
const SHARE = 0.05;
/** More storages than this outside of scopes are worth a word. */
const MANY = 500;

export class Pressure {
  private count = 0;
  private bytes = 0;
  private limit = { count: COUNT, bytes: BYTES };
  private cost = 0;
  private last = -Infinity;
  private warned = false;

  constructor(private readonly collect: () => void) {}

  add(bytes: number): void {
    this.count++;
    this.bytes += bytes;
    if (this.count > this.limit.count || this.bytes > this.limit.bytes) this.relieve();
    if (this.count > MANY) this.warn();
  }

  drop(bytes: number): void {
    this.count--;
    this.bytes -= bytes;
    this.limit = { count: Math.max(COUNT, 2 * this.count), bytes: Math.max(BYTES, 2 * this.bytes) };
  }

  private relieve(): void {
    const start = performance.now();
    if (this.cost > SHARE * (start - this.last)) return;
    this.collect();
    this.last = performance.now();
    this.cost = this.last - start;
    this.limit = { count: 2 * this.count, bytes: 2 * this.bytes };
  }

  private warn(): void {
    if (this.warned) return;
    this.warned = true;
    const megabytes = (this.bytes / 1e6).toFixed(0);
    console.warn(
      `purigrad: ${this.count} tensors (${megabytes} MB) made outside of a scope are alive; wrap a step in ` +
        `gpu.scope(() => ...), which frees what it does not return, or dispose() of them`,
    );
  }
}
