/**
 * Progress of long work on a terminal: what, how far, how long still. On a TTY one line is written again in
 * place; elsewhere a plain line comes about every ten seconds. Work under two seconds leaves nothing behind.
 */

/** What `process.stderr` offers. */
export interface ProgressStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Shows how far one piece of work is. */
export interface Progress {
  /** `n` more units are done; `note` is shown behind, as in "loss 0.41". */
  tick(n?: number, note?: string): void;
  /** Ends the line with the time taken. */
  done(): void;
  /** Ends the line where it stands, for work that was stopped or failed; nothing after done(). */
  stop(): void;
}

const REDRAW_MS = 100;
const LINE_MS = 10_000;
const QUIET_MS = 2_000;

/** How one piece of work is shown. */
export interface BeginOptions {
  /** Units that were done before: they say nothing about the pace. */
  done?: number;
  /** Milliseconds that are left of something larger, shown in the place of those of this work. */
  left?: () => number | undefined;
}

/** Begins the progress of `total` units of work. */
export type Begin = (label: string, total: number, options?: BeginOptions) => Progress;

/** For work that nobody watches. */
export const silent: Begin = () => ({ tick() {}, done() {}, stop() {} });

/** On the terminal. Node only. */
export const onTerminal: Begin = (label, total, options) => progressOn(process.stderr, label, total, options);

/** On a stream; `now` gives milliseconds and is replaced in tests. */
export const progressOn = (stream: ProgressStream, label: string, total: number, options: BeginOptions = {},
  now: () => number = () => performance.now()): Progress => new TerminalProgress(label, total, stream, options, now);

class TerminalProgress implements Progress {
  private count: number;
  private note = "";
  private readonly begun: number;
  private drawn: number;
  /** Time and count after the first tick: what comes before (compiling, reading) says nothing about the pace. */
  private pace: { at: number; count: number } | undefined;
  private ended = false;

  constructor(
    private readonly label: string,
    private readonly total: number,
    private readonly stream: ProgressStream,
    private readonly options: BeginOptions,
    private readonly now: () => number,
  ) {
    this.begun = now();
    this.count = options.done ?? 0;
    this.drawn = stream.isTTY ? -Infinity : this.begun + QUIET_MS - LINE_MS;
    if (stream.isTTY) this.draw();
  }

  tick(n = 1, note = ""): void {
    if (this.ended) return;
    this.count += n;
    this.note = note;
    this.pace ??= { at: this.now(), count: this.count };
    if (this.now() - this.drawn >= (this.stream.isTTY ? REDRAW_MS : LINE_MS)) this.draw();
  }

  done(): void {
    this.end(`${this.label}: done in ${duration(this.now() - this.begun)}`);
  }

  stop(): void {
    this.end(`${this.label}: stopped at ${this.share()} after ${duration(this.now() - this.begun)}`);
  }

  private end(line: string): void {
    if (this.ended) return;
    this.ended = true;
    const long = this.now() - this.begun >= QUIET_MS;
    if (this.stream.isTTY) this.stream.write(`\r\x1b[K`);
    if (long) this.stream.write(`${line}${this.note ? `, ${this.note}` : ""}\n`);
  }

  private draw(): void {
    this.drawn = this.now();
    const line = [`${this.label}: ${this.share()}`, this.remaining(), this.note].filter(Boolean).join(", ");
    this.stream.write(this.stream.isTTY ? `\r\x1b[K${line.slice(0, (this.stream.columns || 80) - 1)}` : `${line}\n`);
  }

  /** "37 %", or the count where the total is unknown. */
  private share(): string {
    if (!(this.total > 0 && Number.isFinite(this.total))) return String(this.count);
    return `${Math.floor((100 * Math.min(this.count, this.total)) / this.total)} %`;
  }

  private remaining(): string {
    if (this.options.left) {
      const ms = this.options.left();
      return ms === undefined ? "" : `${duration(ms)} left in all`;
    }
    const left = this.total - this.count;
    const counted = this.count - (this.pace?.count ?? this.count);
    if (!(counted > 0) || !(left > 0) || !Number.isFinite(left)) return "";
    return `${duration(((this.now() - this.pace!.at) / counted) * left)} left`;
  }
}

/** Milliseconds as "8 s", "3 min 05 s" or "2 h 10 min". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}
