// What the runner bundles into node_modules/.cache/tfjs.mjs: the build of tfjs-core that Node would load by itself has
// no gradients registered, and its ES modules import without file extensions.

import "@tensorflow/tfjs-core/dist/register_all_gradients";
import "@tensorflow/tfjs-backend-webgpu";
export { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
export * from "@tensorflow/tfjs-core";
