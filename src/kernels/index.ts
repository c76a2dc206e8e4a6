// The one list of ops.

export { add } from "./add.ts";
export { expand } from "./expand.ts";
export { mul } from "./mul.ts";
export { relu } from "./relu.ts";
export { flatten, reshape } from "./reshape.ts";
export { mean, sum } from "./sum.ts";
