// The shipped defence: the paper's C-VAE purifies what PGD made of a digit before the shipped classifier sees it.
import { argmax, createEngine, loadPretrained, pgd } from "purigrad";

const gpu = await createEngine();
const [classifier, defence] = [await loadPretrained(gpu, "cnn"), await loadPretrained(gpu, "cvae+g-signed")];
const seven = Array.from({ length: 784 }, (_, i) => { // a seven drawn by hand: a bar and a stroke
  const [row, column] = [Math.floor(i / 28), i % 28];
  return Number((row > 5 && row < 9 && column > 7 && column < 20) ||
    (row > 8 && row < 23 && Math.abs(column - 19 + (row - 8) / 2) < 1.6));
});
const x = gpu.tensor(seven, [1, 1, 28, 28]);
const adversarial = pgd(classifier.forward, { eps: 0.2, alpha: 0.05, steps: 10 })(x, gpu.tensor([7], [1], "i32"));
const digit = (images) => argmax(classifier.forward(images), { dim: 1 }).item();
export const digits = [await digit(x), await digit(adversarial), await digit(defence.purify(adversarial))];
console.log(`seen as ${digits[0]}, attacked as ${digits[1]}, purified as ${digits[2]}`);
gpu.close();
