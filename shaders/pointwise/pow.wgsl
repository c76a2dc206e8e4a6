// a^b, by power.wgsl. As in PyTorch da is 0 where b is 0, and db is 0 where a is 0 and b >= 0.
fn f(a: vec4f, b: vec4f) -> vec4f { return power4(a, b); }
fn dfa(a: vec4f, b: vec4f, dy: vec4f) -> vec4f { return select(dy * (b * power4(a, b - 1.0)), vec4f(), b == vec4f()); }
fn dfb(a: vec4f, b: vec4f, dy: vec4f) -> vec4f {
  return select(dy * (power4(a, b) * log4(a)), vec4f(), (a == vec4f()) & (b >= vec4f()));
}
