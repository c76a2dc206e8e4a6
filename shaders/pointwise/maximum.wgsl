// The larger of a and b; where they are equal each gets half of the gradient, as in PyTorch.
fn f(a: vec4f, b: vec4f) -> vec4f { return max(a, b); }
fn dfa(a: vec4f, b: vec4f) -> vec4f { return select(select(vec4f(), vec4f(1.0), a > b), vec4f(0.5), a == b); }
fn dfb(a: vec4f, b: vec4f) -> vec4f { return 1.0 - dfa(a, b); }
