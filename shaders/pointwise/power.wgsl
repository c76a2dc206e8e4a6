// a^b of one element. A whole b up to 64 is taken by repeated squaring, right for negative a and exact to a few bits; any
// other b as exp2(b log2 a), NaN for negative a. 0^0 is 1.
fn power(a: f32, b: f32) -> f32 {
  if (b != floor(b) || abs(b) > 64.0) { return pow(a, b); }
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
