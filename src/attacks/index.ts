export { bpda, bpdaGradient, type Bpda, type BpdaOptions, type Purify } from "./bpda.ts";
export { eotGradient, eotLoss, repeated, type EotAverage, type SampledLogits } from "./eot.ts";
export { fgsm } from "./fgsm.ts";
export { ifgsm } from "./ifgsm.ts";
export { mifgsm } from "./mifgsm.ts";
export { pgd } from "./pgd.ts";
export { lossGradient, makeAttack, type Attack, type AttackOptions, type Model } from "./loop.ts";
