// Data sets, for Node: `import { readMnist } from "purigrad/data"`.

export { readMnist, readMnistPart } from "./mnist.ts";
export { slice, type ImageSet, type ImageShape } from "./images.ts";
