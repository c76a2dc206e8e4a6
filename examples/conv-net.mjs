// A small convolutional network tells horizontal from vertical bars.
import { accuracy, adam, applyConv, applyLinear, convSpec, createEngine, crossEntropy, flatten, linearSpec,
  makeParameters, maxPool2d, valueAndGrad } from "purigrad";

const gpu = await createEngine();
const bar = (i) => Array.from({ length: 64 }, (_, p) => Number((i % 2 ? p % 8 : p >> 3) === (i >> 1) % 8));
const x = gpu.tensor(Array.from({ length: 16 }, (_, i) => [bar(i)])).view([16, 1, 8, 8]);
const labels = gpu.tensor(Int32Array.from({ length: 16 }, (_, i) => i % 2));
const params = makeParameters(gpu, { ...convSpec("conv", 1, 4, 3), ...linearSpec("fc", 64, 2) }, 0);
const net = (images) =>
  applyLinear(params, "fc", flatten(maxPool2d(applyConv(params, "conv", images, { padding: 1, relu: true }), 2)));
const optimizer = adam([params], { lr: 0.01 });
for (let i = 0; i < 60; i++)
  gpu.scope(() => optimizer.step(valueAndGrad(() => crossEntropy(net(x), labels), params.list()).grads));
export const right = await accuracy(net(x), labels).item();
console.log(`${100 * right} % right`);
gpu.close();
