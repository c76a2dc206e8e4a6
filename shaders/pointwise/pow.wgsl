// a^b, by shaders/power.wgsl. As in PyTorch da is 0 where b is 0, and db is 0 where a is 0 and b >= 0.
fn f(a: vec4f, b: vec4f) -> vec4f { return power4(a, b); }
fn dfa(a: vec4f, b: vec4f) -> vec4f { return select(b * power4(a, b - 1.0), vec4f(), b == vec4f()); }
fn dfb(a: vec4f, b: vec4f) -> vec4f { return select(power4(a, b) * log(a), vec4f(), (a == vec4f()) & (b >= vec4f())); }
