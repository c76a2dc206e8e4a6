// exp(x); infinite above 88.7
fn f(x: vec4f) -> vec4f { return exp4(x); }
fn df(x: vec4f, dy: vec4f) -> vec4f { return dy * exp4(x); }
