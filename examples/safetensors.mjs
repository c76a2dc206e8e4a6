// Weights out of one network and into another, by way of the bytes of a safetensors file.
import { applyLinear, createEngine, linearSpec, loadSafetensors, makeParameters, saveSafetensors } from "purigrad";

const gpu = await createEngine();
const [first, second] = [1, 2].map((seed) => makeParameters(gpu, linearSpec("fc", 3, 2), seed));
const bytes = saveSafetensors(await first.state(), { dtype: "F16" }); // names and layouts of a PyTorch state dict
second.load(loadSafetensors(bytes));
const x = gpu.tensor([[1, 2, 3]]);
const [a, b] = [await applyLinear(first, "fc", x).data(), await applyLinear(second, "fc", x).data()];
export const difference = Math.max(...a.map((v, i) => Math.abs(v - b[i]))); // what half precision costs
console.log(`${bytes.length} bytes, outputs at most ${difference.toExponential(1)} apart`);
gpu.close();
