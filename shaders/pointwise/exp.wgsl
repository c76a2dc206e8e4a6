// exp(x); infinite above 88.7
fn f(x: vec4f) -> vec4f { return exp(x); }
fn df(x: vec4f) -> vec4f { return exp(x); }
