// Binary cross-entropy of the logit a with the target b in [0, 1]: max(a, 0) - a b + log(1 + exp(-|a|)), which is
// finite for any finite logit; by log1p.wgsl and logistic.wgsl.
fn f(a: vec4f, b: vec4f) -> vec4f {
  let e = exp4(-abs(a));
  return select(a, vec4f(), a < vec4f()) - a * b + vec4f(log1p(e.x), log1p(e.y), log1p(e.z), log1p(e.w));
}
fn dfa(a: vec4f, b: vec4f, dy: vec4f) -> vec4f { return dy * (logistic(a) - b); }
fn dfb(a: vec4f, b: vec4f, dy: vec4f) -> vec4f { return -dy * a; }
