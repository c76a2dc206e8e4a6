// 1 / (1 + exp(-x)), by logistic.wgsl.
fn f(x: vec4f) -> vec4f { return logistic(x); }
fn df(x: vec4f, dy: vec4f) -> vec4f { return dy * dlogistic(x); }
