// 1 where a > b, else 0; no gradient.
fn f(a: vec4f, b: vec4f) -> vec4f { return select(vec4f(), vec4f(1.0), a > b); }
fn dfa(a: vec4f, b: vec4f, dy: vec4f) -> vec4f { return vec4f(); }
fn dfb(a: vec4f, b: vec4f, dy: vec4f) -> vec4f { return vec4f(); }
