// What the JavaScript workers of `npm run bench:peers` share: the protocol with the runner, the inputs, WebGPU in Node
// and the way to wait for it. README.md beside this file has the protocol.

import { createInterface } from "node:readline";
import { tmpdir } from "node:os";

const cell = new Int32Array(new SharedArrayBuffer(4));
const POLL_MS = 0.3;

/**
 * Waits for the device as purigrad does (src/engine/device/adapter.node.ts). Dawn's Node binding polls without pause
 * while a promise is open, and a software adapter computes on the same cores: there the worker sleeps between polls.
 */
export async function wait(promise) {
  if (process.env.BENCH_CALM !== "1") return promise;
  let open = true;
  const close = () => void (open = false);
  promise.then(close, close);
  await null;
  while (open) {
    Atomics.wait(cell, 0, 0, POLL_MS);
    await new Promise(setImmediate);
  }
  return promise;
}

/** Puts Dawn's WebGPU where a browser has it; the runner gives Dawn the flags that purigrad takes on this adapter. */
export async function shimWebGPU() {
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  const gpu = create((process.env.BENCH_DAWN_FLAGS ?? "").split(";").filter(Boolean));
  const navigator = globalThis.navigator ?? { userAgent: "node", platform: "node", hardwareConcurrency: 1 };
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true, writable: true });
  return gpu;
}

/** For an engine on the CPU alone: it computes on this thread, and there is nothing to sleep for while it does. */
export function leaveOutWebGPU() {
  process.env.BENCH_CALM = "0";
  const navigator = { userAgent: "node", platform: "node", hardwareConcurrency: 1 };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true, writable: true });
}

/** The adapter's name, spelt as src/engine/device/adapter.ts spells it. */
export function adapterName(info) {
  const llvmpipe = /^llvmpipe-llvm-([\d-]+)-(\d+)-bits/.exec(info.device);
  if (llvmpipe) return `llvmpipe (LLVM ${llvmpipe[1].replaceAll("-", ".")}, ${llvmpipe[2]} bits)`;
  if (info.isFallbackAdapter && info.description) return info.description;
  const device = info.device || [info.vendor, info.architecture].filter(Boolean).join(" ") || "unnamed adapter";
  return info.description ? `${device} (${info.description})` : device;
}

/** n numbers, uniform in +-scale: the same in every engine. */
export function rnd(n, scale = 1, seed = 1) {
  const numbers = new Float32Array(n);
  let s = seed >>> 0;
  for (let i = 0; i < n; i++) {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    numbers[i] = (s / 2 ** 32 - 0.5) * 2 * scale;
  }
  return numbers;
}

export const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
/** n numbers in [0, 1]. */
export const pixels = (n, seed = 5) => rnd(n, 1, seed).map((v) => (v + 1) / 2);
export const labels = (n) => Int32Array.from({ length: n }, (_, i) => i % 10);

/** Softmax over rows of k numbers. */
export function softmaxRows(logits, k) {
  return logits.map((v, i) => {
    const row = logits.subarray(i - (i % k), i - (i % k) + k);
    return Math.exp(v) / row.reduce((sum, u) => sum + Math.exp(u), 0);
  });
}

/** The 16 numbers that stand for an output: the elements floor(i (n - 1) / 15). */
export const sample16 = (values) =>
  Array.from({ length: 16 }, (_, i) => values[Math.floor((i * (values.length - 1)) / 15)]);

/** A row-major array with its dimensions reordered, as PyTorch's permute does. */
export function permute(values, shape, order) {
  const strides = shape.map((_, i) => sizeOf(shape.slice(i + 1)));
  const [to, step] = [order.map((d) => shape[d]), order.map((d) => strides[d])];
  const result = new values.constructor(values.length);
  const index = to.map(() => 0);
  for (let i = 0, from = 0; i < result.length; i++) {
    result[i] = values[from];
    for (let d = to.length - 1; d >= 0; d--) {
      from += step[d];
      if (++index[d] < to[d]) break;
      from -= step[d] * to[d];
      index[d] = 0;
    }
  }
  return result;
}

const firstLine = (error) => String(error?.message ?? error).split("\n")[0].slice(0, 300);
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/**
 * Errors that came outside of any call (a validation error that Dawn reports later): the next answer carries the first.
 */
let stray = null;
export const reportStray = (error) => void (stray ??= firstLine(error));

/**
 * Answers the runner's requests until stdin closes. `make(case)` returns {unsupported: "why"} or the job
 *   call()   starts one call; the output of the last one stays for read()
 *   sync()   waits until the device has done everything
 *   read()   up to 16 numbers of the output; `stateful` jobs are read after the first call, the others at the end
 *   drop()   frees everything
 */
export async function serve({ engine, version, adapter }, make) {
  const answer = (message) => process.stdout.write(`@@${JSON.stringify(message)}\n`);
  const state = { make, job: null, first: null };
  process.on("unhandledRejection", reportStray);
  answer({ ready: true, engine, version, adapter });
  for await (const line of createInterface({ input: process.stdin })) {
    if (!line.trim()) continue;
    let message;
    try {
      message = await respond(state, JSON.parse(line));
      if (stray) message = { error: stray };
    } catch (error) {
      message = { error: firstLine(error) };
    }
    stray = null;
    answer(message);
  }
  process.exit(0);
}

const requests = { make: makeJob, time: timeJob, read: readJob, drop: dropJob };

function respond(state, request) {
  if (!requests[request.do]) throw new Error(`"${request.do}" came, one of ${Object.keys(requests).join(", ")} was ` +
    `due`);
  if (request.do !== "make" && !state.job) throw new Error(`"${request.do}" came before a case was made`);
  return requests[request.do](state, request);
}

async function makeJob(state, request) {
  await dropJob(state);
  const start = performance.now();
  const job = await state.make(request.case);
  if (job.unsupported) return job;
  state.job = job;
  await job.call();
  await job.sync();
  const first_ms = performance.now() - start;
  state.first = job.stateful ? await job.read() : null;
  return { first_ms };
}

async function timeJob({ job }, { times }) {
  const [start, cpu] = [performance.now(), cpuMs()];
  for (let i = 0; i < times; i++) await job.call();
  await job.sync();
  return { ms: (performance.now() - start) / times, cpu_ms: (cpuMs() - cpu) / times };
}

async function readJob({ job, first }) {
  return { values: Array.from(first ?? (await job.read())) };
}

async function dropJob(state) {
  const job = state.job;
  state.job = state.first = null;
  await job?.drop();
  return {};
}
