/**
 * Progress over the whole of long work: which phase of how many it is, and how long all that is left will take. The
 * pace is measured phase by phase from the first sign of each on, so that compiling is no part of it.
 */
import type { Begin, Progress } from "./progress.ts";

export interface Phase {
  /** As its bar or during() names it. */
  name: string;
  /** As shown where it has no bar of its own; the name unless given. */
  title?: string;
  /** Phases of one kind are expected to have one pace: milliseconds for a unit of cost. */
  kind: string;
  /** How much work it is beside the others, above 0, in any unit. */
  cost: number;
  /** How many bars it shows; 1 unless given. */
  bars?: number;
}

interface Pace {
  ms: number;
  cost: number;
}

export class Overall {
  private at = -1;
  private ended = 0; // bars of this phase
  private share = 0; // of this phase, 0 to 1
  private first?: { ms: number; share: number };
  private readonly paces: (Pace | undefined)[] = [];

  /** `now` gives milliseconds and is replaced in tests. */
  constructor(private readonly phases: readonly Phase[], private readonly base: Begin,
    private readonly now: () => number = () => performance.now()) {}

  /** Goes on to the next phase of this name; stays where there is none. */
  private enter(name: string): void {
    const next = this.phases.findIndex((phase, i) => i > this.at && phase.name === name);
    if (next < 0) return;
    [this.at, this.ended, this.share, this.first] = [next, 0, 0, undefined];
  }

  /** A bar of this phase, or of the next of its name. */
  readonly begin: Begin = (label, total, { done = 0 } = {}) => {
    this.enter(label);
    const bar = this.base(this.labelled(label), total, { done, left: () => this.left() });
    let count = done;
    const tick: Progress["tick"] = (n = 1, note) => {
      count += n;
      this.advance(total > 0 ? Math.min(1, count / total) : 0);
      bar.tick(n, note);
    };
    let open = true;
    const end = (close: () => void) => {
      if (open) this.ended++;
      open = false;
      close();
    };
    return { tick, done: () => end(() => bar.done()), stop: () => end(() => bar.stop()) };
  };

  /** Does the work of a phase; one that shows no bar of its own has one as long as it takes. */
  async during<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.enter(name);
    const phase = this.phases[this.at];
    if (phase?.bars !== 0) return work();
    const bar = this.base(this.labelled(phase.title ?? name), 1, { left: () => this.left() });
    try {
      const result = await work();
      bar.tick();
      bar.done();
      return result;
    } finally {
      bar.stop();
    }
  }

  private labelled(label: string): string {
    return this.at < 0 ? label : `phase ${this.at + 1} of ${this.phases.length}, ${label}`;
  }

  private advance(ofBar: number): void {
    const phase = this.phases[this.at];
    if (!phase) return;
    this.share = Math.min(1, (this.ended + ofBar) / (phase.bars || 1));
    this.first ??= { ms: this.now(), share: this.share };
    const pace = { ms: this.now() - this.first.ms, cost: phase.cost * (this.share - this.first.share) };
    if (pace.cost > 0 && pace.ms > 0) this.paces[this.at] = pace;
  }

  /** Milliseconds for a unit of cost, of one kind or of all; undefined before anything is measured. */
  private pace(kind?: string): number | undefined {
    const of = this.paces.filter((pace, i) => pace && (kind === undefined || this.phases[i]!.kind === kind)) as Pace[];
    const cost = of.reduce((sum, pace) => sum + pace.cost, 0);
    return cost > 0 ? of.reduce((sum, { ms }) => sum + ms, 0) / cost : undefined;
  }

  /** Milliseconds that all that is left will take; undefined before anything is measured. */
  left(): number | undefined {
    if (this.at < 0 || this.pace() === undefined) return undefined;
    return this.phases.slice(this.at).reduce((sum, { cost, kind }, i) =>
      sum + cost * (i === 0 ? 1 - this.share : 1) * (this.pace(kind) ?? this.pace()!), 0);
  }
}
