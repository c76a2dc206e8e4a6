// |a - b|; the gradient where a = b is 0.
fn f(a: vec4f, b: vec4f) -> vec4f { return abs(a - b); }
fn dfa(a: vec4f, b: vec4f, dy: vec4f) -> vec4f { return dy * (sign(a - b)); }
fn dfb(a: vec4f, b: vec4f, dy: vec4f) -> vec4f { return dy * (sign(b - a)); }
