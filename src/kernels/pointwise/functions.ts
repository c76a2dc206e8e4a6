// The pointwise ops of one tensor of any shape. Their formulas are in shaders/pointwise/; what is given here as ops is
// the gradient once more, for derivatives of higher order.

import absPart from "../../../shaders/pointwise/abs.wgsl";
import ceilPart from "../../../shaders/pointwise/ceil.wgsl";
import cosPart from "../../../shaders/pointwise/cos.wgsl";
import erfPart from "../../../shaders/pointwise/erf.wgsl";
import erfcPart from "../../../shaders/pointwise/erfc.wgsl";
import floorPart from "../../../shaders/pointwise/floor.wgsl";
import roundPart from "../../../shaders/pointwise/round.wgsl";
import sinPart from "../../../shaders/pointwise/sin.wgsl";
import trigPart from "../../../shaders/pointwise/trig.wgsl";
import clampPart from "../../../shaders/pointwise/clamp.wgsl";
import eluPart from "../../../shaders/pointwise/elu.wgsl";
import expPart from "../../../shaders/pointwise/exp.wgsl";
import geluPart from "../../../shaders/pointwise/gelu.wgsl";
import geluTanhPart from "../../../shaders/pointwise/geluTanh.wgsl";
import leakyReluPart from "../../../shaders/pointwise/leakyRelu.wgsl";
import log1pPart from "../../../shaders/pointwise/log1p.wgsl";
import logisticPart from "../../../shaders/pointwise/logistic.wgsl";
import logPart from "../../../shaders/pointwise/log.wgsl";
import powerPart from "../../../shaders/pointwise/power.wgsl";
import powPart from "../../../shaders/pointwise/pow.wgsl";
import powScalarPart from "../../../shaders/pointwise/powScalar.wgsl";
import negative from "../../../shaders/pointwise/negative.wgsl";
import reluPart from "../../../shaders/pointwise/relu.wgsl";
import sigmoidPart from "../../../shaders/pointwise/sigmoid.wgsl";
import signPart from "../../../shaders/pointwise/sign.wgsl";
import siluPart from "../../../shaders/pointwise/silu.wgsl";
import softplusPart from "../../../shaders/pointwise/softplus.wgsl";
import sqrtPart from "../../../shaders/pointwise/sqrt.wgsl";
import squarePart from "../../../shaders/pointwise/square.wgsl";
import tanhPart from "../../../shaders/pointwise/tanh.wgsl";
import type { Tensor } from "../../engine/tensor.ts";
import { checkChoice, checkNumber, checkOptions, fail } from "../check.ts";
import { add, div, eq, gt, lt, mul, sub } from "./arithmetic.ts";
import { binary } from "./binary.ts";
import { neg } from "./neg.ts";
import { unary } from "./unary.ts";
import { where } from "./where.ts";

const zeros = (x: Tensor): Tensor => x.gpu.zeros(x.shape);

const ofAbs = unary("abs", [absPart], (dy, x) => mul(dy, sign(x)));
/** |x|. The gradient at 0 is 0. x f32 of any shape, which the result has. */
export const abs = (x: Tensor): Tensor => ofAbs(x);

const ofSign = unary("sign", [signPart], (dy) => zeros(dy));
/** -1, 0 or 1, and 0 for NaN. The gradient is 0. x f32 of any shape, which the result has. */
export const sign = (x: Tensor): Tensor => ofSign(x);

const ofExp = unary("exp", [expPart], (dy, _x, y) => mul(dy, y));
/** exp(x). Infinite above 88.7. x f32 of any shape, which the result has. */
export const exp = (x: Tensor): Tensor => ofExp(x);

const ofLog = unary("log", [logPart], (dy, x) => div(dy, x));
/** The natural logarithm. Negative x gives NaN, 0 gives -Infinity. x f32 of any shape, which the result has. */
export const log = (x: Tensor): Tensor => ofLog(x);

const ofSqrt = unary("sqrt", [sqrtPart], (dy, _x, y) => div(mul(dy, 0.5), y));
/**
 * The square root. Negative x gives NaN; the gradient at 0 is infinite, as in PyTorch. x f32 of any shape, which the
 * result has.
 */
export const sqrt = (x: Tensor): Tensor => ofSqrt(x);

const ofSquare = unary("square", [squarePart], (dy, x) => mul(dy, mul(x, 2)));
/** x * x. x f32 of any shape, which the result has. */
export const square = (x: Tensor): Tensor => ofSquare(x);

const byNumber = unary("powScalar", [powScalarPart, powerPart], (dy, x, _y, n) =>
  n === 0 ? zeros(x) : mul(dy, mul(pow(x, n - 1), n)),
);
const byTensor = binary("pow", [powPart, powerPart], {
  composed: {
    a: (dy, a, b) => where(eq(b, 0), 0, mul(dy, mul(b, pow(a, sub(b, 1))))),
    b: (dy, a, b, y) => where(mul(eq(a, 0), sub(1, lt(b, 0))), 0, mul(dy, mul(y, log(a)))),
  },
});
/**
 * x to the power of a number or of a tensor; shapes broadcast. A negative x needs a whole exponent; others give NaN.
 * Where the exponent is 0 the gradient of x is 0; where x is 0 and the exponent is not negative, that of the exponent.
 */
export const pow = (x: Tensor, exponent: number | Tensor): Tensor =>
  typeof exponent === "number" ? byNumber(x, exponent) : byTensor(x, exponent);

const ofClamp = unary("clamp", [clampPart], (dy, x, y) => where(eq(x, y), dy, 0));
/** x limited to [min, max]; either bound may be infinite, and NaN stays NaN. The gradient passes at the bounds. */
export function clamp(x: Tensor, min: number, max: number): Tensor {
  checkNumber("clamp", "min", min, -Infinity, Infinity);
  checkNumber("clamp", "max", max, -Infinity, Infinity);
  if (min > max) fail("clamp", `min is ${min} and max is ${max}; min <= max is due`);
  return ofClamp(x, min, max);
}

const ofRelu = unary("relu", [reluPart, negative], (dy, x) => where(gt(x, 0), dy, 0));
/** max(x, 0); NaN stays NaN. The gradient at 0 is 0. x f32 of any shape, which the result has. */
export const relu = (x: Tensor): Tensor => ofRelu(x);

const ofLeakyRelu = unary("leakyRelu", [leakyReluPart], (dy, x, _y, slope) => where(gt(x, 0), dy, mul(dy, slope)));
/** x where x > 0, else negativeSlope * x. x f32 of any shape, which the result has. */
export function leakyRelu(x: Tensor, negativeSlope = 0.01): Tensor {
  checkNumber("leakyRelu", "negativeSlope", negativeSlope);
  return ofLeakyRelu(x, negativeSlope);
}

const ofElu = unary("elu", [eluPart], (dy, x, y, alpha) => where(gt(x, 0), dy, mul(dy, add(y, alpha))));
/** x where x > 0, else alpha * (exp(x) - 1). x f32 of any shape, which the result has. */
export function elu(x: Tensor, alpha = 1): Tensor {
  checkNumber("elu", "alpha", alpha);
  return ofElu(x, alpha);
}

const ofSigmoid = unary("sigmoid", [sigmoidPart, logisticPart], (dy, _x, y) => mul(dy, mul(y, sub(1, y))));
/** 1 / (1 + exp(-x)). Right in both tails. x f32 of any shape, which the result has. */
export const sigmoid = (x: Tensor): Tensor => ofSigmoid(x);

const ofTanh = unary("tanh", [tanhPart], (dy, _x, y) => mul(dy, sub(1, square(y))));
/** The hyperbolic tangent. x f32 of any shape, which the result has. */
export const tanh = (x: Tensor): Tensor => ofTanh(x);

const ofSoftplus = unary("softplus", [softplusPart, log1pPart, logisticPart], (dy, x) => mul(dy, sigmoid(x)));
/** log(1 + exp(x)). Finite for any finite x. x f32 of any shape, which the result has. */
export const softplus = (x: Tensor): Tensor => ofSoftplus(x);

const ofSilu = unary("silu", [siluPart, logisticPart], (dy, x) =>
  mul(dy, mul(sigmoid(x), add(mul(x, sigmoid(neg(x))), 1))),
);
/** x * sigmoid(x). x f32 of any shape, which the result has. */
export const silu = (x: Tensor): Tensor => ofSilu(x);

const exactGelu = unary("gelu", [geluPart, erfcPart]);
const tanhGelu = unary("geluTanh", [geluTanhPart, logisticPart]);
/**
 * x times the normal distribution function of x; x f32 of any shape, which the result has. `approximate` is "none" (by
 * the error function) or "tanh" (by the usual approximation), as in PyTorch.
 */
export function gelu(x: Tensor, options: { approximate?: "none" | "tanh" } = {}): Tensor {
  checkOptions("gelu", options, ["approximate"]);
  const approximate = checkChoice("gelu", "approximate", options.approximate ?? "none", ["none", "tanh"]);
  return approximate === "tanh" ? tanhGelu(x) : exactGelu(x);
}

const ofSin = unary("sin", [sinPart, trigPart], (dy, x) => mul(dy, cos(x)));
/** The sine of x in radians, to 2e-7 up to |x| = 30,000. x f32 of any shape, which the result has. */
export const sin = (x: Tensor): Tensor => ofSin(x);

const ofCos = unary("cos", [cosPart, trigPart], (dy, x) => neg(mul(dy, sin(x))));
/** The cosine of x in radians, to 2e-7 up to |x| = 30,000. x f32 of any shape, which the result has. */
export const cos = (x: Tensor): Tensor => ofCos(x);

const ofErf = unary("erf", [erfPart, erfcPart], (dy, x) => mul(dy, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))));
/** The error function. x f32 of any shape, which the result has. */
export const erf = (x: Tensor): Tensor => ofErf(x);

const flat = (dy: Tensor): Tensor => dy.gpu.full(dy.shape, 0);
const [ofFloor, ofCeil, ofRound] = [unary("floor", [floorPart], flat), unary("ceil", [ceilPart], flat),
  unary("round", [roundPart], flat)];
/** The largest whole number that is not above x. The gradient is 0. x f32 of any shape, which the result has. */
export const floor = (x: Tensor): Tensor => ofFloor(x);
/** The smallest whole number that is not below x. The gradient is 0. x f32 of any shape, which the result has. */
export const ceil = (x: Tensor): Tensor => ofCeil(x);
/** The whole number next to x, the even one of two. The gradient is 0. x f32 of any shape, which the result has. */
export const round = (x: Tensor): Tensor => ofRound(x);
