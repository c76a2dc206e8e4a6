// x^n with n = params.a, by power.wgsl. The gradient is 0 where n is 0.
fn f(x: vec4f) -> vec4f { return power4(x, vec4f(params.a)); }
fn df(x: vec4f, dy: vec4f) -> vec4f {
  return select(dy * (params.a * power4(x, vec4f(params.a - 1.0))), vec4f(), vec4<bool>(params.a == 0.0));
}
