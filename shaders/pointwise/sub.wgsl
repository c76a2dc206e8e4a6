// a - b. Backward needs no kernel of its own: da = dy, db = -dy.
fn f(a: vec4f, b: vec4f) -> vec4f { return a - b; }
fn dfa(a: vec4f, b: vec4f, dy: vec4f) -> vec4f { return dy; }
fn dfb(a: vec4f, b: vec4f, dy: vec4f) -> vec4f { return -dy; }
