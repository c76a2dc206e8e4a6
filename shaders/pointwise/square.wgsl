// x * x. Compilers that may reorder products take (2 dy) x, which overflows elsewhere: the select keeps 2 x together.
fn f(x: vec4f) -> vec4f { return x * x; }
fn df(x: vec4f, dy: vec4f) -> vec4f { return dy * select(2.0 * x, x, isNan4(x)); }
