// Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), a counter-based generator:
// random bits are a pure function of (key, counter), so a backward kernel makes the forward's noise again.
// Appended to every kernel that draws. A kernel binds `draw: array<u32, 4>` = [key0, key1, draw low, draw high].

/// 32 x 32 -> 64 bits: (low, high).
fn mulwide(a: u32, b: u32) -> vec2u {
  let al = a & 0xffffu; let ah = a >> 16u;
  let bl = b & 0xffffu; let bh = b >> 16u;
  let mid = ah * bl + ((al * bl) >> 16u);
  let mid2 = al * bh + (mid & 0xffffu);
  return vec2u(a * b, ah * bh + (mid >> 16u) + (mid2 >> 16u));
}

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let p0 = mulwide(0xD2511F53u, c.x);
    let p1 = mulwide(0xCD9E8D57u, c.z);
    c = vec4u(p1.y ^ c.y ^ k.x, p1.x, p0.y ^ c.w ^ k.y, p0.x);
    k += vec2u(0x9E3779B9u, 0xBB67AE85u);
  }
  return c;
}

/// Four uniform numbers in (0, 1), never 0 or 1: 23 bits and a half each, which float32 holds exactly.
fn uniform4(bits: vec4u) -> vec4f {
  return (vec4f(bits >> vec4u(9u)) + 0.5) * (1.0 / 8388608.0);
}

/// cos and sin of 2 pi u for u in (0, 1), two at a time: (cos, cos, sin, sin). A quarter turn is taken off exactly and
/// a series does the rest, because SwiftShader's own sin and cos are off by 2e-4.
fn circle(u: vec2f) -> vec4f {
  let quarter = round(4.0 * u);
  let a = (4.0 * u - quarter) * 1.5707963267948966;
  let a2 = a * a;
  let s = a * (1.0 - a2 / 6.0 * (1.0 - a2 / 20.0 * (1.0 - a2 / 42.0 * (1.0 - a2 / 72.0))));
  let c = 1.0 - a2 / 2.0 * (1.0 - a2 / 12.0 * (1.0 - a2 / 30.0 * (1.0 - a2 / 56.0)));
  let q = vec2u(quarter) % vec2u(4u);
  let odd = (q & vec2u(1u)) == vec2u(1u);
  let x = select(c, s, odd);
  let y = select(s, c, odd);
  return vec4f(select(x, -x, (q == vec2u(1u)) | (q == vec2u(2u))), select(y, -y, q >= vec2u(2u)));
}

/// Four standard normal numbers (Box and Muller).
fn normal4(bits: vec4u) -> vec4f {
  let u = uniform4(bits);
  let r = sqrt(-2.0 * log(u.xz));
  let t = circle(u.yw);
  return vec4f(r.x * t.x, r.x * t.z, r.y * t.y, r.y * t.w);
}
