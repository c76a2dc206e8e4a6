// x limited to [params.a, params.b], either of which may be infinite; NaN stays. The gradient passes at the bounds, as
// in PyTorch.
fn f(x: vec4f) -> vec4f { return limited4(x, params.a, params.b); }
fn df(x: vec4f, dy: vec4f) -> vec4f { return select(vec4f(), dy, (x >= vec4f(params.a)) & (x <= vec4f(params.b))); }
