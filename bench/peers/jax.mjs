// The worker of jax-js on WebGPU or, with --wasm, in WebAssembly: NCHW, everything under jit but the chains of tiny ops.
// Started by the runner; see worker.mjs.

import { readFileSync } from "node:fs";
import { backend, device } from "./jax-engine.mjs";
import { kernels } from "./jax-kernels.mjs";
import { steps } from "./jax-steps.mjs";
import { adapterName, serve } from "./worker.mjs";

const kinds = { ...kernels, ...steps };
const { version } = JSON.parse(readFileSync(new URL("node_modules/@jax-js/jax/package.json", import.meta.url), "utf8"));
const adapter = device && adapterName(device.adapterInfo);
await serve({ engine: `jax-${backend}`, version, adapter },
  ({ work }) => kinds[work.kind]?.(work) ?? { unsupported: `no work of the kind ${work.kind}` });
