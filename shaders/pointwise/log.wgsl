// The natural logarithm.
fn f(x: vec4f) -> vec4f { return log(x); }
fn df(x: vec4f) -> vec4f { return 1.0 / x; }
