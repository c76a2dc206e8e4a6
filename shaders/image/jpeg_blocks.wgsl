// What JPEG does to each 8 x 8 block of a plane (ITU-T T.81, annex A.3): with E the 8 x 8 cosine transform,
//   c = E (x - 128) E' / 8,   k = rounded(c / q) q,   y = E' k E / 8 + 128,   q = table[u,v].
// E[0,k] = 1, E[u,k] = sqrt(2) cos((2k + 1) u pi / 16): so the constant term is exact where x holds whole numbers.
// rounded: to the nearest, halves away from zero, as libjpeg; or with `cubic` n + (v - n)^3 of the nearest n (Shin and
// Song, "JPEG-resistant adversarial images", 2017), with the derivative r = 3 (v - n)^2.
//   backward: dx = E' (r (E dy E' / 8)) E / 8, and pixels of the edge also take what comes for their copies.
// P planes, H, W; blocks that hang over the edge repeat the last row and column. A workgroup of 64 has a block, a
// thread a pixel; rows and columns are transformed one after the other in workgroup memory. Limited by barriers.
struct Params { P: u32, H: u32, W: u32, cubic: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> table: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;

var<workgroup> E: array<f32, 64>;
var<workgroup> a: array<f32, 64>;
var<workgroup> b: array<f32, 64>;

/// sqrt(2) cos(m pi / 16) for m from 0 to 8; cos itself is only good to 2^-11.
const COSINES = array<f32, 9>(1.41421356, 1.38703985, 1.30656296, 1.17587560, 1.0, 0.785694958, 0.541196100,
  0.275899379, 0.0);

fn basis(u: u32, k: u32) -> f32 {
  let turn = (2u * k + 1u) * u % 32u;
  let m = min(turn, 32u - turn);
  let cosine = select(COSINES[min(m, 8u)], -COSINES[min(16u - m, 8u)], m > 8u);
  return select(cosine, 1.0, u == 0u);
}

/// Entry t of E v E' / 8, where a thread gives entry t of v.
fn transformed(v: f32, t: u32) -> f32 {
  workgroupBarrier();
  a[t] = v;
  workgroupBarrier();
  var row = 0.0;
  for (var k = 0u; k < 8u; k++) { row += a[t / 8u * 8u + k] * E[t % 8u * 8u + k]; }
  b[t] = row;
  workgroupBarrier();
  var sum = 0.0;
  for (var k = 0u; k < 8u; k++) { sum += E[t / 8u * 8u + k] * b[8u * k + t % 8u]; }
  return sum * 0.125;
}

/// Entry t of E' v E / 8.
fn restored(v: f32, t: u32) -> f32 {
  workgroupBarrier();
  a[t] = v;
  workgroupBarrier();
  var row = 0.0;
  for (var k = 0u; k < 8u; k++) { row += a[t / 8u * 8u + k] * E[8u * k + t % 8u]; }
  b[t] = row;
  workgroupBarrier();
  var sum = 0.0;
  for (var k = 0u; k < 8u; k++) { sum += E[8u * k + t / 8u] * b[8u * k + t % 8u]; }
  return sum * 0.125;
}

/// The pixel [p,h,w] of thread t; h and w may lie outside.
fn pixel(block: u32, t: u32) -> vec3u {
  let across = (params.W + 7u) / 8u;
  let down = (params.H + 7u) / 8u;
  return vec3u(block / (across * down), block / across % down * 8u + t / 8u, block % across * 8u + t % 8u);
}

fn index(at: vec3u) -> u32 {
  return (at.x * params.H + min(at.y, params.H - 1u)) * params.W + min(at.z, params.W - 1u);
}

fn blocks() -> u32 { return params.P * ((params.H + 7u) / 8u) * ((params.W + 7u) / 8u); }

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) t: u32) {
  let block = group.x + group.y * groups.x;
  if (block >= blocks()) { return; }
  let at = pixel(block, t);
  E[t] = basis(t / 8u, t % 8u);
  let v = transformed(x[index(at)] - 128.0, t) / table[t];
  let n = sign(v) * floor(abs(v) + 0.5);
  let rest = v - n;
  let rounded = select(n, n + rest * rest * rest, params.cubic == 1u);
  let out = restored(rounded * table[t], t) + 128.0;
  if (at.y < params.H && at.z < params.W) { y[index(at)] = out; }
}

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) t: u32) {
  let block = group.x + group.y * groups.x;
  if (block >= blocks()) { return; }
  let at = pixel(block, t);
  let inside = at.y < params.H && at.z < params.W;
  E[t] = basis(t / 8u, t % 8u);
  let v = transformed(x[index(at)] - 128.0, t) / table[t];
  let rest = v - sign(v) * floor(abs(v) + 0.5);
  let dc = transformed(select(0.0, dy[index(at)], inside), t) * 3.0 * rest * rest;
  let padded = restored(dc, t);
  workgroupBarrier();
  a[t] = padded;
  workgroupBarrier();
  if (!inside) { return; }
  var sum = 0.0;
  for (var i = t / 8u; i < select(t / 8u + 1u, 8u, at.y + 1u == params.H); i++) {
    for (var j = t % 8u; j < select(t % 8u + 1u, 8u, at.z + 1u == params.W); j++) { sum += a[8u * i + j]; }
  }
  dx[index(at)] = sum;
}
