// sin and cos of any float32 to 2e-7 of 1 up to |x| = 30,000 (WGSL's own promise 5e-4, on [-pi, pi]): x is brought to
// [-pi/4, pi/4] by three parts of pi/2 (Cody and Waite 1980), where the polynomials of Cephes' sinf and cosf take over.
fn sine_poly(r: vec4f) -> vec4f {
  let s = r * r;
  return r + r * s * (-0.16666655 + s * (0.0083321608 - s * 1.9515296e-4));
}
fn cosine_poly(r: vec4f) -> vec4f {
  let s = r * r;
  return 1.0 - 0.5 * s + s * s * (0.041666646 + s * (-0.0013887316 + s * 2.4433157e-5));
}

/// sin(x + turns * pi/2); NaN for what is not finite.
fn sine(x: vec4f, turns: i32) -> vec4f {
  let k = round(x * 0.63661977);
  let r = fma(-k, vec4f(7.5497894e-8), fma(-k, vec4f(4.8375129e-4), fma(-k, vec4f(1.5703125), x)));
  let q = (vec4i(clamp(k, vec4f(-1e9), vec4f(1e9))) + turns) & vec4i(3);
  let y = select(sine_poly(r), cosine_poly(r), (q & vec4i(1)) == vec4i(1));
  let bits = bitcast<vec4u>(x) & vec4u(0x7f800000u);
  return select(select(y, -y, q >= vec4i(2)), vec4f(nan()), bits == vec4u(0x7f800000u));
}
