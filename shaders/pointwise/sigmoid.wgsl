// 1 / (1 + exp(-x)), by shaders/logistic.wgsl.
fn f(x: vec4f) -> vec4f { return logistic(x); }
fn df(x: vec4f) -> vec4f { return dlogistic(x); }
