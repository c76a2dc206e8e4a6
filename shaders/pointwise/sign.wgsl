// -1, 0 or 1; the gradient is 0 everywhere.
fn f(x: vec4f) -> vec4f { return sign(x); }
fn df(x: vec4f) -> vec4f { return vec4f(); }
