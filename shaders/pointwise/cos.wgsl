// The cosine, by trig.wgsl.
fn f(x: vec4f) -> vec4f { return sine(x, 1); }
fn df(x: vec4f, dy: vec4f) -> vec4f { return -dy * sine(x, 0); }
