// A two-layer network on the XOR problem: Adam, a captured training step.
import { adam, applyLinear, createEngine, linearSpec, makeParameters, mseLoss, tanh, valueAndGrad } from "purigrad";

const gpu = await createEngine();
const params = makeParameters(gpu, { ...linearSpec("fc1", 2, 8), ...linearSpec("fc2", 8, 1) }, 0);
const net = (x) => applyLinear(params, "fc2", tanh(applyLinear(params, "fc1", x)));
const x = gpu.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]);
const y = gpu.tensor([[0], [1], [1], [0]]);
const optimizer = adam([params], { lr: 0.05 });
const step = gpu.capture(() => {
  const { value, grads } = valueAndGrad(() => mseLoss(net(x), y), params.list());
  optimizer.step(grads);
  return value;
});
for (let i = 0; i < 300; i++) step();
export const loss = await step().item();
await net(x).print();
gpu.close();
