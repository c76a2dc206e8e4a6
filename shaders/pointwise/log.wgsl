// The natural logarithm: -Infinity at 0, NaN below.
fn f(x: vec4f) -> vec4f { return log4(x); }
fn df(x: vec4f, dy: vec4f) -> vec4f { return divided4(dy, x); }
