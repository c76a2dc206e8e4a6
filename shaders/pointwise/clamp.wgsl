// x limited to [params.a, params.b]; the gradient passes at the bounds, as in PyTorch.
fn f(x: vec4f) -> vec4f { return clamp(x, vec4f(params.a), vec4f(params.b)); }
fn df(x: vec4f) -> vec4f { return select(vec4f(), vec4f(1.0), (x >= vec4f(params.a)) & (x <= vec4f(params.b))); }
