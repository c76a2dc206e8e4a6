// (a - b)^2
fn f(a: vec4f, b: vec4f) -> vec4f { return (a - b) * (a - b); }
fn dfa(a: vec4f, b: vec4f, dy: vec4f) -> vec4f { return dy * (2.0 * (a - b)); }
fn dfb(a: vec4f, b: vec4f, dy: vec4f) -> vec4f { return dy * (2.0 * (b - a)); }
