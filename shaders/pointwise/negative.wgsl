// Whether x < 0, told by the bits: a GPU's compiler makes select(x, 0.0, x < 0.0) a maximum, which takes 0 for NaN.
fn negative1(x: f32) -> bool { return bitcast<u32>(x) - 0x80000001u <= 0x7f7fffffu; }
fn negative4(x: vec4f) -> vec4<bool> { return bitcast<vec4u>(x) - vec4u(0x80000001u) <= vec4u(0x7f7fffffu); }
