// relu(x) = max(x, 0); the gradient at 0 is 0.
fn f(x: vec4f) -> vec4f { return max(x, vec4f()); }
fn df(x: vec4f) -> vec4f { return select(vec4f(), vec4f(1.0), x > vec4f()); }
