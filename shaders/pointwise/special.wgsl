// exp and log of any float32, NaN and infinity included: SwiftShader's builtins answer NaN with a finite number or
// infinity, and log with a finite number for 0 and below. NaN is told by its bits, since compilers may take x != x to
// be false; nan() is a variable's bits, since WGSL allows no NaN among its constants.
fn isNan1(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn isNan4(x: vec4f) -> vec4<bool> { return (bitcast<vec4u>(x) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u); }
fn isFinite1(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }
fn nan() -> f32 { var bits = 0x7fc00000u; return bitcast<f32>(bits); }
fn infinity() -> f32 { var bits = 0x7f800000u; return bitcast<f32>(bits); }

fn exp1(x: f32) -> f32 { return select(exp(x), x, isNan1(x)); }
fn exp4(x: vec4f) -> vec4f { return select(exp(x), x, isNan4(x)); }

/// -Infinity at 0, NaN below, Infinity at Infinity.
fn log1(x: f32) -> f32 {
  let y = select(log(x), x, x > 3.4028234e38 || isNan1(x));
  return select(select(y, -infinity(), x == 0.0), nan(), x < 0.0);
}
fn log4(x: vec4f) -> vec4f {
  let y = select(log(x), x, (x > vec4f(3.4028234e38)) | isNan4(x));
  return select(select(y, vec4f(-infinity()), x == vec4f()), vec4f(nan()), x < vec4f());
}
/// The larger and the smaller of two; NaN where one of them is.
fn max1(a: f32, b: f32) -> f32 { return select(b, a, a > b || isNan1(a)); }
fn max4(a: vec4f, b: vec4f) -> vec4f { return select(b, a, (a > b) | isNan4(a)); }
fn min4(a: vec4f, b: vec4f) -> vec4f { return select(b, a, (a < b) | isNan4(a)); }

/// v limited to [lo, hi], which may be infinite; NaN stays, also where a compiler makes a minimum of a select.
fn limited4(v: vec4f, lo: f32, hi: f32) -> vec4f {
  let u = select(v, vec4f(lo), v < vec4f(lo));
  return select(select(u, vec4f(hi), u > vec4f(hi)), v, isNan4(v));
}

/// a / b also where 1 / b is too small for a normal number, which a GPU's division takes for 0.
fn divided4(a: vec4f, b: vec4f) -> vec4f {
  let scale = select(vec4f(1.0), vec4f(0.25), abs(b) > vec4f(8.5e37));
  return (a * scale) / (b * scale);
}
