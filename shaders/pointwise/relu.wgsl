// x where x > 0, else 0; NaN stays. The gradient at 0 is 0.
fn f(x: vec4f) -> vec4f { return select(x, vec4f(), negative4(x)); }
fn df(x: vec4f, dy: vec4f) -> vec4f { return select(dy, vec4f(), x <= vec4f()); }
