// A logarithmic axis: where a value stands, and the ticks 1, 2, 5 of each power of ten (or the powers alone).

export interface LogAxis {
  from: number;
  to: number;
  /** Pixels for a value, held within the axis. */
  at: (value: number) => number;
  ticks: number[];
}

/** From the largest to the smallest of `values`, widened to powers of ten where `round`, else by a tenth. */
export function logAxis(values: readonly number[], [start, end]: readonly [number, number],
  { round = false } = {}): LogAxis {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const from = round ? 10 ** Math.floor(Math.log10(least)) : least / 1.1;
  const to = round ? 10 ** Math.max(Math.ceil(Math.log10(most)), Math.floor(Math.log10(least)) + 1) : most * 1.1;
  const share = (v: number) => Math.log(v / from) / Math.log(to / from);
  return { from, to, at: (v) => start + Math.min(1, Math.max(0, share(v))) * (end - start), ticks: ticks(from, to) };
}

function ticks(from: number, to: number): number[] {
  const powers = Array.from({ length: Math.ceil(Math.log10(to)) - Math.floor(Math.log10(from)) + 1 },
    (_, i) => Math.floor(Math.log10(from)) + i);
  const steps = powers.length > 4 ? [1] : [1, 2, 5];
  const all = powers.flatMap((p) => steps.map((k) => Number((k * 10 ** p).toPrecision(6))));
  return all.filter((v) => v >= from * 0.999 && v <= to * 1.001);
}
