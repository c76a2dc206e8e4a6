// The worker of TensorFlow.js, backend webgpu: eager ops in tf.tidy, NHWC. Started by the runner; see worker.mjs.

import { backend, tf } from "./tfjs-engine.mjs";
import { kernels } from "./tfjs-kernels.mjs";
import { steps } from "./tfjs-steps.mjs";
import { adapterName, serve } from "./worker.mjs";

const kinds = { ...kernels, ...steps };
const adapter = adapterName(backend.device.adapterInfo);
await serve({ engine: "tfjs-webgpu", version: tf.version_core, adapter },
  ({ work }) => kinds[work.kind]?.(work) ?? { unsupported: `no work of the kind ${work.kind}` });
