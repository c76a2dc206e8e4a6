// floor(x). Its gradient is 0.
fn f(x: vec4f) -> vec4f { return select(floor(x), x, isNan4(x)); }
fn df(x: vec4f, dy: vec4f) -> vec4f { return vec4f(); }
