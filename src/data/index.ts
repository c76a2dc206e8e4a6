// Data sets, for Node: `import { cifar10, mnist, readMnist } from "purigrad/data"`.

export { cifar10, readCifar10Slice } from "./cifar10.ts";
export { sliceBytes, toImageSet, wordsOf, type ByteSet, type Dataset, type InstallOptions,
  type Part } from "./dataset.ts";
export { DATASETS, datasetOf } from "./datasets.ts";
export { mnist, readMnist, readMnistPart } from "./mnist.ts";
export { encodeSafetensors, parseSafetensors, safetensorsMetadata, type SafeTensor,
  type SafeTensors } from "./safetensors.ts";
export { slice, type ImageSet, type ImageShape } from "./images.ts";
