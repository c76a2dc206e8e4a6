// -x
fn f(x: vec4f) -> vec4f { return -x; }
fn df(x: vec4f) -> vec4f { return vec4f(-1.0); }
