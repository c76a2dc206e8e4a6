// x where x > 0, else params.a * (exp(x) - 1). Near 0 the difference would lose digits, so a series is used above -1/4
// (its first missing term is x^7 / 5040: 5e-8 of the result).
fn f(x: vec4f) -> vec4f {
  let m = select(x, vec4f(), x > vec4f());
  let series = m * (1.0 + m / 2.0 * (1.0 + m / 3.0 * (1.0 + m / 4.0 * (1.0 + m / 5.0 * (1.0 + m / 6.0)))));
  return select(params.a * select(exp4(m) - 1.0, series, m > vec4f(-0.25)), x, x > vec4f());
}
fn df(x: vec4f, dy: vec4f) -> vec4f {
  let m = select(x, vec4f(), x > vec4f());
  return select(dy * (params.a * exp4(m)), dy, x > vec4f());
}
