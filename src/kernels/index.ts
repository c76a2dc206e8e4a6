// The one list of ops.

export { argmax } from "./reduce/argmax.ts";
export { argmin } from "./reduce/argmin.ts";
export { avgPool2d, type AvgPoolOptions } from "./pool/avgPool2d.ts";
export { batchNorm, type BatchNormOptions } from "./norm/batchNorm.ts";
export { binaryCrossEntropyWithLogits } from "./loss/binaryCrossEntropyWithLogits.ts";
export { byteImages, type ByteImagesOptions } from "./layout/byteImages.ts";
export { categoricalKl } from "./paper/categoricalKl.ts";
export { clusterLogits } from "./paper/clusterLogits.ts";
export { clusterLoss } from "./paper/clusterLoss.ts";
export { cast } from "./layout/cast.ts";
export { cat } from "./layout/cat.ts";
export type { ConvOptions } from "./conv/conv.ts";
export { conv1d, type Conv1dOptions } from "./conv/conv1d.ts";
export { conv2d } from "./conv/conv2d.ts";
export { convTranspose2d, type ConvTransposeOptions } from "./conv/convTranspose2d.ts";
export { crossEntropy, type CrossEntropyOptions } from "./loss/crossEntropy.ts";
export { cumsum } from "./reduce/cumsum.ts";
export { arange, eye, fullLike, linspace, ones, onesLike, zerosLike } from "./create/fill.ts";
export { dropout } from "./random/dropout.ts";
export { einsum } from "./matmul/einsum.ts";
export { embedding } from "./layout/embedding.ts";
export { expand } from "./layout/expand.ts";
export { gather } from "./layout/gather.ts";
export { gaussianKl } from "./paper/gaussianKl.ts";
export { globalAvgPool2d } from "./pool/globalAvgPool2d.ts";
export { indexSelect } from "./layout/indexSelect.ts";
export { jpegBlocks, type JpegBlocksOptions } from "./image/jpegBlocks.ts";
export { l1Loss } from "./loss/l1Loss.ts";
export { groupNorm, layerNorm, type LayerNormOptions } from "./norm/layerNorm.ts";
export { linear } from "./matmul/linear.ts";
export { logSoftmax } from "./reduce/logSoftmax.ts";
export { matmul, type MatmulOptions } from "./matmul/matmul.ts";
export { max } from "./reduce/max.ts";
export { maxPool2d } from "./pool/maxPool2d.ts";
export { medianBlur } from "./image/medianBlur.ts";
export { min } from "./reduce/min.ts";
export { mseLoss } from "./loss/mseLoss.ts";
export { neg } from "./pointwise/neg.ts";
export { nllLoss } from "./loss/nllLoss.ts";
export { addNoise, rand, randn, type AddNoiseOptions } from "./random/noise.ts";
export { oneHot } from "./layout/oneHot.ts";
export { pad } from "./layout/pad.ts";
export { permute, transpose } from "./layout/permute.ts";
export { randomShift } from "./random/randomShift.ts";
export { reparameterize, type NoiseSource } from "./paper/reparameterize.ts";
export { flatten, reshape } from "./layout/reshape.ts";
export { scatterAdd } from "./layout/scatter.ts";
export { signedNoise } from "./paper/signedNoise.ts";
export { slice } from "./layout/slice.ts";
export { huberLoss, smoothL1Loss } from "./loss/smoothL1Loss.ts";
export { softmax } from "./reduce/softmax.ts";
export { sort, topk, type Sorted } from "./reduce/sort.ts";
export { squaredError } from "./loss/squaredError.ts";
export { logsumexp, norm, std, variance, type NormOptions, type VarianceOptions } from "./reduce/statistics.ts";
export { mean, sum } from "./reduce/sum.ts";
export { tvDenoise, type TvDenoiseOptions } from "./image/tvDenoise.ts";
export { tril, triu } from "./layout/triangle.ts";
export { upsampleNearest2d } from "./pool/upsampleNearest2d.ts";
export { add, div, eq, ge, gt, le, lt, maximum, minimum, mul, ne, sub } from "./pointwise/arithmetic.ts";
export {
  abs,
  ceil,
  clamp,
  cos,
  elu,
  erf,
  exp,
  floor,
  gelu,
  leakyRelu,
  log,
  pow,
  relu,
  round,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  tanh,
} from "./pointwise/functions.ts";
export { chunk, flip, split, squeeze, stack, tile, unsqueeze } from "./layout/views.ts";
export { where } from "./pointwise/where.ts";
export type { PoolOptions } from "./pool/window.ts";
