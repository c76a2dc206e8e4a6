// a / b
fn f(a: vec4f, b: vec4f) -> vec4f { return divided4(a, b); }
fn dfa(a: vec4f, b: vec4f, dy: vec4f) -> vec4f { return divided4(dy, b); }
fn dfb(a: vec4f, b: vec4f, dy: vec4f) -> vec4f { return dy * (-(a / b) / b); }
