// x (1 + tanh(c (x + k x^3))) / 2 = x sigmoid(2 c (x + k x^3)), c = sqrt(2 / pi), k = 0.044715; by logistic.wgsl.
// Beyond |x| = 18 the sigmoid is 0 or 1, so the cube never overflows.
fn inner(x: vec4f) -> vec4f {
  let m = select(x, 18.0 * sign(x), abs(x) > vec4f(18.0));
  return 1.5957691 * m * (1.0 + 0.044715 * m * m);
}
fn f(x: vec4f) -> vec4f { return x * logistic(inner(x)); }
fn df(x: vec4f, dy: vec4f) -> vec4f {
  let m = select(x, 18.0 * sign(x), abs(x) > vec4f(18.0));
  return dy * (logistic(inner(x)) + m * dlogistic(inner(x)) * 1.5957691 * (1.0 + 0.134145 * m * m));
}
