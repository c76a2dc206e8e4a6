// -x
fn f(x: vec4f) -> vec4f { return -x; }
fn df(x: vec4f, dy: vec4f) -> vec4f { return -dy; }
