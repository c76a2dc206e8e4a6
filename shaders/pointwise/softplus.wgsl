// log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), by log1p.wgsl and logistic.wgsl. Above 20 it is x in float32,
// PyTorch's threshold.
fn f(x: vec4f) -> vec4f {
  let e = exp4(-abs(x));
  return select(x, vec4f(), x < vec4f()) + vec4f(log1p(e.x), log1p(e.y), log1p(e.z), log1p(e.w));
}
fn df(x: vec4f, dy: vec4f) -> vec4f { return dy * logistic(x); }
