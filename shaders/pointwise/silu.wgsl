// x * sigmoid(x), by shaders/logistic.wgsl.
fn f(x: vec4f) -> vec4f { return x * logistic(x); }
fn df(x: vec4f) -> vec4f { return logistic(x) * (1.0 + x * logistic(-x)); }
