// |x|; the gradient at 0 is 0.
fn f(x: vec4f) -> vec4f { return abs(x); }
fn df(x: vec4f, dy: vec4f) -> vec4f { return dy * sign(select(x, vec4f(), isNan4(x))); }
