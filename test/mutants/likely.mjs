/** Which cases of verify a broken file is likely to fail: a word of their names, and patterns of files. */
const LIKELY = [
  ["special_values", /pointwise\/(binary|unary|special|where)\.wgsl/],
  ["sigmoid", /logistic\.wgsl/],
  ["computed/erf", /erfc?\.wgsl/],
  ["softplus", /log1p\.wgsl/],
  ["computed/sin", /trig\.wgsl/],
  ["pow", /power\.wgsl|powScalar/],
  ["conv", /conv|winograd/],
  ["matmul", /matmul|gemm/],
  ["batchNorm", /batch_?norm/i],
  ["Pool2d", /pool\//],
  ["cross", /cross_?entropy/i],
  ["Loss", /pair_loss/],
  ["nll", /nll/],
  ["computed/cluster", /paper\/cluster/],
  ["categoricalKl", /categorical_?kl/i],
  ["gaussianKl", /gaussian_?kl/i],
  ["signedNoise", /signed_?noise/i],
  ["jpeg", /jpeg/],
  ["tvDenoise", /tv_denoise/],
  ["medianBlur", /median/],
  ["byteImages", /byte_images/],
  ["computed/rand", /random\/(noise|draw|philox)/],
  ["randomShift", /random_shift/],
  ["optim", /optim/],
  ["schedules", /schedules/],
  ["adversarial training", /train\/adversarial/],
  ["stats", /evaluate\/stats/],
  ["computed/attack apgd", /attacks\/(apgd|targets)/],
  ["computed/attack cw", /attacks\/cw/],
  ["deepfool", /attacks\/deepfool/],
  ["hyperplane", /attacks\/hyperplane/],
  ["computed/attack fab", /attacks\/(fab|boundary)/],
  ["squareAttack", /attacks\/square/],
  ["spatialShift", /attacks\/shift/],
  ["spsa", /attacks\/spsa/],
  ["randomNoise", /attacks\/noise/],
  ["pgdL2", /attacks\/pgd-l2/],
  ["bpda", /attacks\/bpda/],
  ["eot", /attacks\/eot/],
  ["attack", /attacks\//],
  ["computed/files", /src\/(data|train)\//],
];

/** shaders/reduce/cumsum.wgsl is named as its op. */
const nameOf = (file) =>
  file.replace(/^.*\//, "").replace(/\..*$/, "").replace(/_(.)/g, (_, letter) => letter.toUpperCase());

export const likelyCases = (file) =>
  LIKELY.find(([, pattern]) => pattern.test(file))?.[0] ?? (/^(shaders|src\/kernels)\//.test(file) ? nameOf(file) : "");
