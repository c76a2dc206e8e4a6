// The square root; its gradient at 0 is infinite, as in PyTorch.
fn f(x: vec4f) -> vec4f { return sqrt(x); }
fn df(x: vec4f) -> vec4f { return 0.5 / sqrt(x); }
