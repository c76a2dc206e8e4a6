export { fgsm } from "./fgsm.ts";
export { ifgsm } from "./ifgsm.ts";
export { mifgsm } from "./mifgsm.ts";
export { pgd } from "./pgd.ts";
export { lossGradient, makeAttack, type Attack, type AttackOptions, type Model } from "./loop.ts";
