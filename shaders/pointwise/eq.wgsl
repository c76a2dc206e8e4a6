// 1 where a == b, else 0; no gradient.
fn f(a: T, b: T) -> vec4f { return select(vec4f(), vec4f(1.0), a == b); }
fn dfa(a: T, b: T, dy: vec4f) -> vec4f { return vec4f(); }
fn dfb(a: T, b: T, dy: vec4f) -> vec4f { return vec4f(); }
