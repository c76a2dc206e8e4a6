// x where x > 0, else params.a * x.
fn f(x: vec4f) -> vec4f { return select(params.a * x, x, x > vec4f()); }
fn df(x: vec4f, dy: vec4f) -> vec4f { return select(params.a * dy, dy, x > vec4f()); }
