// The skeleton of pointwise ops of two tensors with broadcasting: y = f(a, b), da = dfa(a, b, dy), db = dfb(a, b, dy).
// A file of shaders/pointwise/ is appended and gives f, dfa and dfb on four elements. The host merges dimensions that
// both operands walk alike; RANK is what is left, sizes n1..n5 from the second dimension on, strides sa0.. and sb0..
// (0 where an operand is broadcast). da and db come in y's shape; the host sums them over the broadcast dimensions.
// The entries same* are for operands without broadcasting, and for one that is a single number (A_ONE, B_ONE): vec4
// loads, no index arithmetic.
struct Params {
  n4: u32,
  n1: u32, n2: u32, n3: u32, n4_: u32, n5: u32,
  sa0: u32, sa1: u32, sa2: u32, sa3: u32, sa4: u32, sa5: u32,
  sb0: u32, sb1: u32, sb2: u32, sb3: u32, sb4: u32, sb5: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a1: array<S>;
@group(0) @binding(2) var<storage, read> b1: array<S>;
@group(0) @binding(3) var<storage, read> a4: array<T>;
@group(0) @binding(4) var<storage, read> b4: array<T>;
@group(0) @binding(5) var<storage, read> dy: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> dx: array<vec4f>;

const WG: u32 = 256;
const RANK = 1u;
const A_ONE = false;
const B_ONE = false;
alias S = f32; // of the operands: f32, or i32 in comparisons
alias T = vec4<f32>;

fn aAt(i: u32) -> T { if (A_ONE) { return a4[0].xxxx; } return a4[i]; }
fn bAt(i: u32) -> T { if (B_ONE) { return b4[0].xxxx; } return b4[i]; }

/// Elements of a and b that y[i] reads.
fn offsets(i: u32) -> vec2u {
  var rest = i;
  var o = vec2u();
  if (RANK > 5u) { let q = rest / params.n5; o += (rest - q * params.n5) * vec2u(params.sa5, params.sb5); rest = q; }
  if (RANK > 4u) { let q = rest / params.n4_; o += (rest - q * params.n4_) * vec2u(params.sa4, params.sb4); rest = q; }
  if (RANK > 3u) { let q = rest / params.n3; o += (rest - q * params.n3) * vec2u(params.sa3, params.sb3); rest = q; }
  if (RANK > 2u) { let q = rest / params.n2; o += (rest - q * params.n2) * vec2u(params.sa2, params.sb2); rest = q; }
  if (RANK > 1u) { let q = rest / params.n1; o += (rest - q * params.n1) * vec2u(params.sa1, params.sb1); rest = q; }
  return o + rest * vec2u(params.sa0, params.sb0);
}

struct Operands { a: T, b: T }

fn gather(i: u32) -> Operands {
  let o0 = offsets(4u * i);
  let o1 = offsets(4u * i + 1u);
  let o2 = offsets(4u * i + 2u);
  let o3 = offsets(4u * i + 3u);
  return Operands(T(a1[o0.x], a1[o1.x], a1[o2.x], a1[o3.x]), T(b1[o0.y], b1[o1.y], b1[o2.y], b1[o3.y]));
}

@compute @workgroup_size(WG)
fn same(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = gid.x; i < params.n4; i += groups.x * WG) { y[i] = f(aAt(i), bAt(i)); }
}

@compute @workgroup_size(WG)
fn same_da(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = gid.x; i < params.n4; i += groups.x * WG) { dx[i] = dfa(aAt(i), bAt(i), dy[i]); }
}

@compute @workgroup_size(WG)
fn same_db(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = gid.x; i < params.n4; i += groups.x * WG) { dx[i] = dfb(aAt(i), bAt(i), dy[i]); }
}

@compute @workgroup_size(WG)
fn broadcast(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = gid.x; i < params.n4; i += groups.x * WG) { let v = gather(i); y[i] = f(v.a, v.b); }
}

@compute @workgroup_size(WG)
fn broadcast_da(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = gid.x; i < params.n4; i += groups.x * WG) { let v = gather(i); dx[i] = dfa(v.a, v.b, dy[i]); }
}

@compute @workgroup_size(WG)
fn broadcast_db(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = gid.x; i < params.n4; i += groups.x * WG) { let v = gather(i); dx[i] = dfb(v.a, v.b, dy[i]); }
}
