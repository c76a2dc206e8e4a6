// The larger of a and b, NaN where one of them is. Where they are equal each gets half of the gradient, and where one
// is NaN both get all of it, as in PyTorch.
fn f(a: vec4f, b: vec4f) -> vec4f { return max4(a, b); }
fn dfa(a: vec4f, b: vec4f, dy: vec4f) -> vec4f { return select(select(dy, 0.5 * dy, a == b), vec4f(), a < b); }
fn dfb(a: vec4f, b: vec4f, dy: vec4f) -> vec4f { return select(select(dy, 0.5 * dy, a == b), vec4f(), a > b); }
