import { medianBlur } from "../kernels/index.ts";
import type { Defence } from "./defence.ts";
import type { Purifier } from "./purifier.ts";

/**
 * Every pixel becomes the median of the 3x3 around it, channel by channel; images [N,C,H,W] in [0,1], the border
 * repeated outwards. Xu, Evans and Qi, "Feature squeezing", NDSS 2018. The gradient goes to the pixel in the middle of
 * the order.
 */
export const medianFilter = (): Pick<Purifier, "purify"> => ({ purify: medianBlur });

export const medianRow: Defence = { name: "median", title: "median 3x3", open: () => medianFilter() };
