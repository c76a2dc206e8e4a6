import { checkWhole, fail } from "../kernels/check.ts";
import { clamp, div, mul, round } from "../kernels/index.ts";
import type { Defence } from "./defence.ts";
import type { Purifier } from "./purifier.ts";

/**
 * Fewer levels: every pixel in [0,1] goes to the nearest of 2^bits values from 0 to 1. Xu, Evans and Qi, "Feature
 * squeezing", NDSS 2018. bits from 1 to 8. Its gradient is zero; BPDA takes it for the identity.
 */
export function bitDepth({ bits }: { bits: number }): Pick<Purifier, "purify"> {
  if (checkWhole("bitDepth", "bits", bits, 1) > 8) fail("bitDepth", `bits is ${bits}; 1 to 8 are due`);
  const most = 2 ** bits - 1;
  return { purify: (x) => x.gpu.scope(() => div(round(mul(clamp(x, 0, 1), most)), most)) };
}

const row = (bits: number): Defence => ({ name: `bits-${bits}`, title: `${bits} bits`,
  open: () => bitDepth({ bits }) });

export const bitDepths: readonly Defence[] = [5, 3].map(row);
