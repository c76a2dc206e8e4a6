// Binary cross-entropy of the logit a with the target b in [0, 1]: max(a, 0) - a b + log(1 + exp(-|a|)), which is finite
// for any finite logit. dfa = sigmoid(a) - b.
fn logistic(a: vec4f) -> vec4f {
  let e = exp(-abs(a));
  return select(e, vec4f(1.0), a >= vec4f()) / (1.0 + e);
}
fn f(a: vec4f, b: vec4f) -> vec4f {
  let e = exp(-abs(a));
  return max(a, vec4f()) - a * b + vec4f(log1p(e.x), log1p(e.y), log1p(e.z), log1p(e.w));
}
fn dfa(a: vec4f, b: vec4f) -> vec4f { return logistic(a) - b; }
fn dfb(a: vec4f, b: vec4f) -> vec4f { return -a; }
