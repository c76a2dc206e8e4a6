// |x|; the gradient at 0 is 0.
fn f(x: vec4f) -> vec4f { return abs(x); }
fn df(x: vec4f) -> vec4f { return sign(x); }
