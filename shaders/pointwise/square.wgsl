// x * x
fn f(x: vec4f) -> vec4f { return x * x; }
fn df(x: vec4f, dy: vec4f) -> vec4f { return dy * (2.0 * x); }
