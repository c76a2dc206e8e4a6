// TensorFlow.js on its backend webgpu or, with --wasm, wasm: how a case's tensors are made, one call is run and waited
// for.

import { fileURLToPath } from "node:url";
import { leaveOutWebGPU, permute, reportStray, rnd, sample16, shimWebGPU, sizeOf, wait } from "./worker.mjs";

export const name = process.argv.includes("--wasm") ? "wasm" : "webgpu";
const WASM = new URL("node_modules/@tensorflow/tfjs-backend-wasm/dist/", import.meta.url);
await (name === "webgpu" ? shimWebGPU() : leaveOutWebGPU());
export const tf = await import("./node_modules/.cache/tfjs.mjs"); // tfjs-entry.mjs, bundled by the runner
tf.setWasmPaths(fileURLToPath(WASM));
if (!(await tf.setBackend(name))) throw new Error(`tfjs does not start its backend ${name}`);
await tf.ready();
export const backend = tf.backend();
backend.device?.addEventListener("uncapturederror", (event) => reportStray(event.error));

/** What the case in work has made; freed together. */
let owned = [];

/** A tensor of the case from numbers in PyTorch's order. `order`: PyTorch's dimensions in tfjs's order. */
export function tensor(data, shape, order) {
  const t = order ? tf.tensor(permute(data, shape, order), order.map((d) => shape[d])) : tf.tensor(data, shape);
  owned.push(t);
  return t;
}
export function own(made) {
  owned.push(made);
  return made;
}
export const uniform = (shape, scale, seed, order) => tensor(rnd(sizeOf(shape), scale, seed), shape, order);

export const NHWC = [0, 2, 3, 1];
export const NCHW = [0, 3, 1, 2];
/** OIHW to HWIO, and the [ci,co,k,k] of a transposed convolution to [k,k,co,ci]. */
export const FILTER = [2, 3, 1, 0];
export const UNFILTER = [3, 2, 0, 1];

/** tfjs keeps its compute pass open, and Dawn drops a batch that is submitted so with only a console line. */
async function sync() {
  if (name === "wasm") return;
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
  await wait(backend.device.queue.onSubmittedWorkDone());
}

/**
 * `f` returns the tensors of one call, the one to compare first; `order` takes that one back to PyTorch's dimensions.
 */
export function job(f, { order, stateful = false, random = false } = {}) {
  let last = [];
  return {
    stateful,
    call() {
      tf.dispose(last);
      last = tf.tidy(() => [f()].flat());
    },
    sync,
    async read() {
      if (random) return [];
      const values = await wait(last[0].data());
      return sample16(order ? permute(values, last[0].shape, order) : values);
    },
    drop() {
      tf.dispose(last);
      owned.forEach((made) => made.dispose());
      owned = [];
      if (name === "webgpu") tf.env().set("WEBGPU_CPU_FORWARD", true);
    },
  };
}
