// PGD against a model of one's own: any function from images in [0, 1] to logits.
import { applyLinear, argmax, createEngine, flatten, linearSpec, makeParameters, pgd, rand } from "purigrad";

const gpu = await createEngine({ seed: 1 });
const params = makeParameters(gpu, linearSpec("fc", 64, 10), 0);
const model = (x) => applyLinear(params, "fc", flatten(x));
const images = rand(gpu, [32, 1, 8, 8]);
const labels = gpu.tensor(Int32Array.from(await argmax(model(images), { dim: 1 }).data()));
const attack = pgd(model, { eps: 0.1, alpha: 0.02, steps: 10 });
const adversarial = attack(images, labels);
const [before, after] = [await labels.data(), await argmax(model(adversarial), { dim: 1 }).data()];
export const fooled = before.filter((label, i) => label !== after[i]).length;
console.log(`${fooled} of 32 images fooled within 0.1`);
gpu.close();
