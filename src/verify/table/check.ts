// Holds a row of the op table to everything an op must do: values and gradients against the float64 reference, the
// same bits eager and captured, gradients of single inputs, and no memory left behind.

import { valueAndGrad, type DType, type Engine, type Shape, type Tensor } from "../../index.ts";
import { filled, host, idOf, makeInputs, seeded, type Host, type OpRow, type WrongRow } from "./table.ts";
import { held } from "../held.ts";
import { rowFor } from "../precision.ts";

type Inputs = Record<string, { host: Host; dtype: DType }>;
type Read = Float32Array | Int32Array | Uint32Array;

/** Elements per input whose derivative is taken one by one; of a larger input, this many spread over it, .. */
const PROBES = 32;
/** .. and so many random directions, each of which moves all elements, .. */
const DIRECTIONS = 2;
/** .. but at most this many. */
const MOVED = 4096;

/** The shape and numbers of what a row computes: the result, then a gradient for each input of `wrt`. */
interface Outcome {
  shapes: Shape[];
  data: Read[];
}

function compute(gpu: Engine, row: OpRow, t: Record<string, Tensor>, wrt: readonly string[], dy?: Tensor): Tensor[] {
  if (wrt.length === 0 || !dy) return [gpu.scope(() => row.run(t))];
  const { value, grads } = valueAndGrad(() => row.run(t), wrt.map((name) => t[name]!), dy);
  return [value, ...grads];
}

async function readAll(tensors: readonly Tensor[]): Promise<Outcome> {
  const data: Read[] = [];
  for (const t of tensors) data.push(await t.data<Read>());
  return { shapes: tensors.map((t) => t.shape), data };
}

const hostArray = (h: Host, dtype: DType) => new { f32: Float32Array, i32: Int32Array, u32: Uint32Array }[dtype](h);

async function eager(gpu: Engine, row: OpRow, inputs: Inputs, wrt: readonly string[], dy?: Host): Promise<Outcome> {
  const t = Object.fromEntries(
    Object.entries(inputs).map(([name, { host: h, dtype }]) => [name, gpu.tensor(hostArray(h, dtype), h.shape, dtype)]),
  );
  const seedOfY = dy && gpu.tensor(hostArray(dy, "f32"), dy.shape);
  const made = compute(gpu, row, t, wrt, seedOfY);
  const outcome = await readAll(made);
  [...made, ...Object.values(t), seedOfY].forEach((x) => x?.storage.freed || x?.dispose());
  return outcome;
}

/** Relative error: the largest difference over the largest reference, or of each element over itself. */
export function relativeError(got: ArrayLike<number>, due: ArrayLike<number>, floor: number, each = false): number {
  let worst = 0;
  let scale = floor;
  for (let i = 0; i < due.length; i++) {
    const [g, d] = [got[i]!, due[i]!];
    const difference = Object.is(g, d) || g === d || (Number.isNaN(g) && Number.isNaN(d)) ? 0 : Math.abs(g - d);
    if (Number.isNaN(difference)) return NaN;
    if (difference > 0) worst = Math.max(worst, each ? difference / Math.max(Math.abs(d), floor) : difference);
    if (Number.isFinite(d)) scale = Math.max(scale, Math.abs(d));
  }
  return each ? worst : worst / scale;
}

const sameBits = (a: Read, b: Read): boolean => {
  const [x, y] = [a, b].map((v) => new Uint32Array(v.buffer, v.byteOffset, v.length));
  return x!.length === y!.length && x!.every((bits, i) => bits === y![i]);
};

/** d sum(dy * reference) along `direction` (element -> weight) of input `name`, by central differences in float64. */
function derivative(row: OpRow, inputs: Inputs, name: string, direction: ReadonlyMap<number, number>, dy: Host,
  draw: readonly number[]): number {
  const at = (h: number): ArrayLike<number> => {
    const x = Object.fromEntries(Object.entries(inputs).map(([n, v]) => [n, v.host]));
    const moved = host(x[name]!, x[name]!.shape);
    direction.forEach((weight, i) => (moved[i]! += h * weight));
    return row.reference({ ...x, [name]: moved }, draw);
  };
  const h = 1e-5;
  const [up, down] = [at(h), at(-h)];
  let total = 0;
  for (let i = 0; i < dy.length; i++) if (up[i] !== down[i]) total += dy[i]! * (up[i]! - down[i]!);
  return total / (2 * h);
}

/** `count` elements of n, spread evenly, the last one among them. */
const spread = (n: number, count: number): number[] =>
  n <= count ? [...Array(n).keys()] : Array.from({ length: count }, (_, k) => Math.round((k * (n - 1)) / (count - 1)));

/** Compares one gradient with differences: element by element, and along random directions if it is large. */
function checkGradient(row: OpRow, inputs: Inputs, name: string, dx: Read, dy: Host, draw: readonly number[]): string
  | null {
  const n = dx.length;
  const probes = n > 1e6 ? [] : spread(n, n > MOVED ? 8 : PROBES);
  const due = probes.map((i) => derivative(row, inputs, name, new Map([[i, 1]]), dy, draw));
  const got = probes.map((i) => dx[i]!);
  const random = seeded(`${idOf(row)} direction`);
  for (let k = 0; n > PROBES && k < DIRECTIONS; k++) {
    const direction = new Map(spread(n, MOVED).map((i) => [i, (random() - 0.5) / Math.sqrt(Math.min(n, MOVED))]));
    due.push(derivative(row, inputs, name, direction, dy, draw));
    got.push([...direction].reduce((sum, [i, weight]) => sum + weight * dx[i]!, 0));
  }
  const limit = row.gradientTolerance ?? 2e-5;
  const error = relativeError(got, due, 1e-5);
  if (error <= limit) return null;
  const worst = due.reduce((w, d, i) => (Math.abs(d - got[i]!) > Math.abs(due[w]! - got[w]!) ? i : w), 0);
  return `d${name} is off by ${error.toExponential(1)}, limit ${limit} (element ` +
    `${probes[worst] ?? "along a direction"}: ${got[worst]}, due ${due[worst]})`;
}

function checkValue(row: OpRow, outcome: Outcome, due: ArrayLike<number>): string | null {
  const y = outcome.data[0]!;
  if (row.shape && `${row.shape}` !== `${outcome.shapes[0]}`) return `the result has shape [${outcome.shapes[0]}], ` +
    `[${row.shape}] is due`;
  if (y.length !== due.length) return `the result has ${y.length} elements (shape [${outcome.shapes[0]}]), ` +
    `${due.length} are due`;
  const limit = row.tolerance ?? 1e-5;
  const error = relativeError(y, due, 1e-30, row.each);
  if (error <= limit) return null;
  const scale = row.each ? 1e-30
    : Array.from(due).reduce((m, d) => (Number.isFinite(d) ? Math.max(m, Math.abs(d)) : m), 1e-30);
  const i = y.findIndex((v, k) => !(relativeError([v], [due[k]!], scale, true) <= limit));
  return `the result is off by ${error.toExponential(1)}, limit ${limit} (element ${i}: ${y[i]}, due ${due[i]})`;
}

const hostInput = ({ host: h, dtype }: Inputs[string]) => ({ data: hostArray(h, dtype), shape: h.shape, dtype });

/** Eager and captured must give the same bits, for the inputs of the recording and for others. */
async function checkCapture(gpu: Engine, row: OpRow, sets: Inputs[], wrt: readonly string[], dy: Host,
  draw: number[]): Promise<string | null> {
  const names = Object.keys(row.inputs);
  const seedOfY = gpu.tensor(hostArray(dy, "f32"), dy.shape);
  const step = gpu.capture((...given: Tensor[]) =>
    compute(gpu, row, Object.fromEntries(names.map((n, i) => [n, given[i]!])), wrt, seedOfY)
  );
  let problem: string | null = null;
  for (const [round, inputs] of sets.entries()) {
    gpu.random.restore(draw);
    const due = await eager(gpu, row, inputs, wrt, dy);
    gpu.random.restore(draw);
    const got = await readAll(step(...names.map((n) => hostInput(inputs[n]!))));
    due.data.forEach((d, i) =>
      sameBits(d, got.data[i]!) ||
      (problem ??= `captured, call ${round + 1}: ${i ? `d${wrt[i - 1]}` : "the result"} has other bits than eager`)
    );
  }
  step.dispose();
  seedOfY.dispose();
  return problem;
}

/** A gradient asked for alone must have the bits it has beside the others: `needs` is respected. */
async function checkAlone(gpu: Engine, row: OpRow, inputs: Inputs, wrt: readonly string[], dy: Host, draw: number[],
  all: Outcome): Promise<string | null> {
  if (wrt.length < 2) return null;
  for (const [i, name] of wrt.entries()) {
    gpu.random.restore(draw);
    const alone = await eager(gpu, row, inputs, [name], dy);
    if (!sameBits(alone.data[1]!, all.data[i + 1]!)) return `d${name} asked for alone has other bits than beside the ` +
      `others`;
  }
  return null;
}

/** Everything that is wrong with the row on this engine; empty if all holds. */
export async function checkRow(gpu: Engine, given: OpRow): Promise<string[]> {
  const row = rowFor(gpu.precision, given);
  const wrt = row.gradient === "none" ? [] : row.gradient;
  const draw = await gpu.random.save();
  const before = held(gpu);
  const sets = [makeInputs(row, "first"), makeInputs(row, "second")];
  const hosts = Object.fromEntries(Object.entries(sets[0]!).map(([name, v]) => [name, v.host]));
  const { shapes } = await eager(gpu, row, sets[0]!, []);
  const random = seeded(`${idOf(row)} dy`);
  const dy = host(filled(shapes[0]!.reduce((a, b) => a * b, 1), () => Math.fround(2 * random() - 1)), shapes[0]!);
  gpu.random.restore(draw);
  const outcome = await eager(gpu, row, sets[0]!, wrt, dy);
  const problems = [
    checkValue(row, outcome, row.reference(hosts, draw)),
    ...wrt.map((name, i) => checkGradient(row, sets[0]!, name, outcome.data[i + 1]!, dy, draw)),
    await checkAlone(gpu, row, sets[0]!, wrt, dy, draw, outcome),
    await checkCapture(gpu, row, sets, wrt, dy, draw),
  ];
  const after = held(gpu);
  if (after.bytes !== before.bytes || after.buffers !== before.buffers)
    problems.push(`${after.buffers - before.buffers} buffers (${after.bytes - before.bytes} bytes) were left behind`);
  return problems.filter((p) => p !== null);
}

/** What is wrong with the sentence that the call throws; empty if it is as due. */
export function checkWrong(gpu: Engine, row: WrongRow): string[] {
  const due = `a message that begins with "${row.op}" and matches ${row.message} is due`;
  try {
    gpu.scope(() => row.call(gpu));
  } catch (error) {
    const { message } = error as Error;
    return row.message.test(message) && message.startsWith(row.op) ? [] : [`threw "${message}"; ${due}`];
  }
  return [`threw nothing; ${due}`];
}
