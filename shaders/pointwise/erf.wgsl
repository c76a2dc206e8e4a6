// The error function: 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. By its series below 1 (Abramowitz and
// Stegun 7.1.5), where 1 - erfc would cancel, else as 1 - erfc with erfc by gelu.wgsl's fit.
fn f(x: vec4f) -> vec4f {
  let z = select(abs(x), vec4f(12.0), abs(x) > vec4f(12.0));
  let s = min(z * z, vec4f(1.0));
  var series = vec4f(-1.4503852e-7) * s + vec4f(1.4589169e-6); // sum of (-s)^n / (n! (2n + 1)), from n = 9 down
  series = series * s - vec4f(1.3227513e-5);
  series = series * s + vec4f(1.0683761e-4);
  series = series * s - vec4f(7.5757576e-4);
  series = series * s + vec4f(0.0046296296);
  series = series * s - vec4f(0.023809524);
  series = series * s + vec4f(0.1);
  series = series * s - vec4f(0.33333333);
  series = series * s + vec4f(1.0);
  let far = sign(x) * (1.0 - erfc(z));
  return select(select(far, x * 1.1283792 * series, z < vec4f(1.0)), x, isNan4(x));
}
fn df(x: vec4f, dy: vec4f) -> vec4f { return dy * (1.1283792 * exp4(-x * x)); }
