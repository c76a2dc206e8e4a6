// The square root, NaN below 0; its gradient at 0 is infinite, as in PyTorch.
fn f(x: vec4f) -> vec4f { return sqrt(x); }
fn df(x: vec4f, dy: vec4f) -> vec4f { return dy * (0.5 / sqrt(x)); }
