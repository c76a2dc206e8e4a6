// -1, 0 or 1, and 0 for NaN; the gradient is 0 everywhere.
fn f(x: vec4f) -> vec4f { return sign(select(x, vec4f(), isNan4(x))); }
fn df(x: vec4f, dy: vec4f) -> vec4f { return vec4f(); }
