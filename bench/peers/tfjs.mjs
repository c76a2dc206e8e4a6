// The worker of TensorFlow.js, backend webgpu or, with --wasm, wasm: eager ops in tf.tidy, NHWC. Started by the runner;
// see worker.mjs.

import { backend, name, tf } from "./tfjs-engine.mjs";
import { kernels } from "./tfjs-kernels.mjs";
import { steps } from "./tfjs-steps.mjs";
import { adapterName, serve } from "./worker.mjs";

const kinds = { ...kernels, ...steps };
const adapter = name === "webgpu" ? adapterName(backend.device.adapterInfo) : null;
await serve({ engine: `tfjs-${name}`, version: tf.version_core, adapter },
  ({ work }) => kinds[work.kind]?.(work) ?? { unsupported: `no work of the kind ${work.kind}` });
