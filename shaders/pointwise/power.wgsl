// a^b of one element, as IEEE 754 has it: x^0 and 1^x are 1, 0^b and infinity^b follow the sign of b, a negative base
// needs a whole exponent. A whole b up to 64 is taken by repeated squaring, exact to a few bits; any other as
// exp2(b log2 |a|) by the builtin, which is only right for a finite and positive base.
fn power(a: f32, b: f32) -> f32 {
  if (abs(b) <= 64.0 && b == floor(b)) { return wholePower(a, b); }
  if (isNan1(a) || isNan1(b)) { return select(nan(), 1.0, a == 1.0); }
  let m = abs(a);
  var r = pow(m, b);
  if (m == 1.0) { r = 1.0; }
  else if (m == 0.0 || !isFinite1(m) || !isFinite1(b)) { r = select(infinity(), 0.0, (m < 1.0) == (b > 0.0)); }
  if ((bitcast<u32>(a) >> 31u) == 0u) { return r; }
  let whole = b == floor(b);
  if (!whole && isFinite1(a) && a != 0.0) { return nan(); }
  return select(r, -r, whole && 2.0 * floor(0.5 * b) != b);
}
fn wholePower(a: f32, b: f32) -> f32 {
  var result = 1.0;
  var base = a;
  for (var n = u32(abs(b)); n > 0u; n >>= 1u) {
    if ((n & 1u) == 1u) { result *= base; }
    base *= base;
  }
  return select(result, 1.0 / result, b < 0.0);
}
fn power4(a: vec4f, b: vec4f) -> vec4f {
  return vec4f(power(a.x, b.x), power(a.y, b.y), power(a.z, b.z), power(a.w, b.w));
}
