// Elements picked along an axis by index, and the gradient. A axes before, R elements along the axis, B behind, K
// picks.
// gather:       y[a,k,b] = x[a, index[a,k,b], b]    dx[a,r,b] = sum over k with index[a,k,b] = r of dy[a,k,b]
// index_select: y[a,k,b] = x[a, index[k], b]        dx[a,r,b] = sum over k with index[k] = r of dy[a,k,b]
// Backward has a thread per element of dx that walks all K picks in order: no atomics, so the same bits at every run.
// T is f32 or another scalar, or a vec4 where 4 divides B (B then counts vec4). Forward is limited by loads; backward
// by its K index loads, which all threads of a workgroup share in index_select. An index outside of the axis gives what
// the bits `bad` stand for, and takes part in no sum; E is the scalar type of T.
struct Params { A: u32, R: u32, B: u32, K: u32, bad: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read> index: array<i32>;
@group(0) @binding(3) var<storage, read> dy: array<T>;
@group(0) @binding(4) var<storage, read_write> y: array<T>;
@group(0) @binding(5) var<storage, read_write> dx: array<T>;

const WG: u32 = 64;
alias T = f32;
alias E = f32;

/// A negative index is beyond every axis as an unsigned number.
fn row(i: u32) -> u32 { return u32(index[i]); }

@compute @workgroup_size(WG)
fn gather(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (a * K + k) * B + b
  if (i >= params.A * params.K * params.B) { return; }
  let a = i / (params.K * params.B);
  let r = row(i);
  let inside = r < params.R;
  y[i] = select(T(bitcast<E>(params.bad)), x[select(0u, (a * params.R + r) * params.B + i % params.B, inside)], inside);
}

@compute @workgroup_size(WG)
fn gather_backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (a * R + r) * B + b
  if (i >= params.A * params.R * params.B) { return; }
  let ar = i / params.B;
  var o = ar / params.R * params.K * params.B + i % params.B;
  var sum = T();
  for (var k = 0u; k < params.K; k++) {
    if (row(o) == ar % params.R) { sum += dy[o]; }
    o += params.B;
  }
  dx[i] = sum;
}

@compute @workgroup_size(WG)
fn index_select(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (a * K + k) * B + b
  if (i >= params.A * params.K * params.B) { return; }
  let ak = i / params.B;
  let r = row(ak % params.K);
  let inside = r < params.R;
  let at = select(0u, (ak / params.K * params.R + r) * params.B + i % params.B, inside);
  y[i] = select(T(bitcast<E>(params.bad)), x[at], inside);
}

@compute @workgroup_size(WG)
fn index_select_backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (a * R + r) * B + b
  if (i >= params.A * params.R * params.B) { return; }
  let ar = i / params.B;
  let o = ar / params.R * params.K * params.B + i % params.B;
  var sum = T();
  for (var k = 0u; k < params.K; k++) {
    if (row(k) == ar % params.R) { sum += dy[o + k * params.B]; }
  }
  dx[i] = sum;
}
