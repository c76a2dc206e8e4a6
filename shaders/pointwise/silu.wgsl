// x * sigmoid(x), by logistic.wgsl.
fn f(x: vec4f) -> vec4f { return x * logistic(x); }
fn df(x: vec4f, dy: vec4f) -> vec4f { return dy * (logistic(x) * (1.0 + x * logistic(-x))); }
