// jax-js on WebGPU, or with --wasm in WebAssembly: how a case's arrays are made, one call is run and waited for. An
// operation takes its operands away; `.ref` keeps one for another use.

import { leaveOutWebGPU, reportStray, rnd, sample16, shimWebGPU, sizeOf, wait } from "./worker.mjs";

export const backend = process.argv.includes("--wasm") ? "wasm" : "webgpu";
await (backend === "webgpu" ? shimWebGPU() : leaveOutWebGPU());
const jax = await import("@jax-js/jax");
const { defaultDevice, getWebGPUDevice, init, jit, numpy: np, tree, valueAndGrad } = jax;
if (!(await init(backend)).includes(backend)) throw new Error(`jax-js finds no device for ${backend}`);
defaultDevice(backend);
export const device = backend === "webgpu" ? getWebGPUDevice() : null;
device?.addEventListener("uncapturederror", (event) => reportStray(event.error));

export { jax, np };

export const array = (data, shape) => np.array(data).reshape(shape);
export const uniform = (shape, scale, seed) => array(rnd(sizeOf(shape), scale, seed), shape);

/** Calls in flight at most: what they return stays in memory until they are done. */
const IN_FLIGHT = 8;

/**
 * `run` starts one call and returns its arrays, the one to compare first; `drop` frees what it holds. jax-js is lazy:
 * what nobody waits for is never run, so every call is waited for, but without standing still.
 */
export function job(run, drop, { stateful = false, random = false } = {}) {
  const started = [];
  let last = null;
  const free = ({ outputs }) => outputs.forEach((a) => a.dispose());
  return {
    stateful,
    async call() {
      const outputs = [run()].flat();
      const call = { outputs, ready: outputs[0].blockUntilReady() };
      const previous = last;
      last = call;
      started.push(call.ready);
      previous?.ready.then(() => free(previous), () => {});
      if (started.length > IN_FLIGHT) await wait(started.shift());
    },
    sync: () => wait(Promise.all(started.splice(0))),
    read: async () => (random ? [] : sample16(await wait(last.outputs[0].ref.data()))),
    async drop() {
      if (last) free(last);
      last = null;
      drop();
    },
  };
}

/** A job that is one jitted function of fixed arguments. */
export function jitted(f, args, options) {
  const compiled = jit(f);
  return job(() => compiled(...tree.ref(args)), () => {
    compiled.dispose();
    tree.dispose(args);
  }, options);
}

/** Value and gradients of the first `count` arguments, the first gradient first. */
export function bothPasses(loss, count, args, options) {
  const both = valueAndGrad(loss, { argnums: Array.from({ length: count }, (_, i) => i) });
  return jitted((...values) => {
    const [value, gradients] = both(...values);
    return [...gradients, value];
  }, args, options);
}
