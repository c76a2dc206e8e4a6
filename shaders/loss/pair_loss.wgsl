// The skeleton of losses between two tensors of one shape, seen as [N, P]: part[n,c] = sum over p = c, c+C, ... of
// f(a[n,p], b[n,p]); the host adds up the C parts of a row. N is the batch for a loss per image and 1 for a total.
// Backward: da = dfa(a, b, scale * dy[n]), db likewise. A file of shaders/pointwise/ is appended and gives f, dfa and
// dfb on four elements. Four elements a load where P is a multiple of four (entry rows4), else one (rows1).
// Limited by loads.
struct Params { N: u32, P: u32, C: u32, n4: u32, scale: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a1: array<f32>;
@group(0) @binding(2) var<storage, read> b1: array<f32>;
@group(0) @binding(3) var<storage, read> a4: array<vec4f>;
@group(0) @binding(4) var<storage, read> b4: array<vec4f>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read_write> part: array<f32>;
@group(0) @binding(7) var<storage, read_write> dx: array<vec4f>;

const WG: u32 = 64;

@compute @workgroup_size(WG)
fn rows4(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = n * C + c
  if (i >= params.N * params.C) { return; }
  let quads = params.P / 4u;
  let base = i / params.C * quads;
  var sum = vec4f();
  for (var p = i % params.C; p < quads; p += params.C) { sum += f(a4[base + p], b4[base + p]); }
  part[i] = sum.x + sum.y + sum.z + sum.w;
}

@compute @workgroup_size(WG)
fn rows1(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = n * C + c
  if (i >= params.N * params.C) { return; }
  let base = i / params.C * params.P;
  var sum = 0.0;
  for (var p = i % params.C; p < params.P; p += params.C) { sum += f(vec4f(a1[base + p]), vec4f(b1[base + p])).x; }
  part[i] = sum;
}

/// scale * dy of the rows that the elements 4i .. 4i+3 lie in.
fn weights(i: u32) -> vec4f {
  let first = 4u * i / params.P;
  if (params.N == 1u) { return vec4f(params.scale * dy[0]); }
  if (params.P % 4u == 0u) { return vec4f(params.scale * dy[first]); }
  let n = min((4u * i + vec4u(0u, 1u, 2u, 3u)) / params.P, vec4u(params.N - 1u));
  return params.scale * vec4f(dy[n.x], dy[n.y], dy[n.z], dy[n.w]);
}

@compute @workgroup_size(WG)
fn rows_da(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.n4) { dx[i] = dfa(a4[i], b4[i], weights(i)); }
}

@compute @workgroup_size(WG)
fn rows_db(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.n4) { dx[i] = dfb(a4[i], b4[i], weights(i)); }
}
