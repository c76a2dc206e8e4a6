// 1 / (1 + exp(-x)) from exp(-|x|), which never overflows: the digits of both tails are kept. Appended to the ops that
// are made of it, with special.wgsl.
fn logistic(x: vec4f) -> vec4f {
  let e = exp4(-abs(x));
  return select(e, vec4f(1.0), x >= vec4f()) / (1.0 + e);
}
/// Its derivative, logistic(x) * logistic(-x).
fn dlogistic(x: vec4f) -> vec4f {
  let e = exp4(-abs(x));
  return e / ((1.0 + e) * (1.0 + e));
}
