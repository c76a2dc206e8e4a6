// x * Phi(x), Phi the normal distribution function, by erfc.wgsl.
fn phi(x: vec4f) -> vec4f {
  let u = abs(x) * 0.70710678;
  let tail = 0.5 * erfc(select(u, vec4f(12.0), u > vec4f(12.0)));
  return select(1.0 - tail, tail, x < vec4f());
}
fn f(x: vec4f) -> vec4f { return x * phi(x); }
fn df(x: vec4f, dy: vec4f) -> vec4f {
  let m = select(x, 18.0 * sign(x), abs(x) > vec4f(18.0));
  return dy * (phi(x) + m * 0.39894228 * exp4(-0.5 * m * m));
}
