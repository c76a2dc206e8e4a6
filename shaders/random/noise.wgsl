// Random tensors from a counter-based generator, four elements a thread:
//   normal:  y = lo + (hi - lo) * N(0, 1)          uniform: y = lo + (hi - lo) * U(0, 1), never lo or hi but by
// rounding
//   add:     y = clamp(x + sigma[n] * N(0, 1), lo, hi), one sigma for each of the N rows of P elements (or one for all)
//   add_backward: dx = dy where the clamp did not act, with the same noise made again.
// Limited by the ten Philox rounds and, for N(0, 1), by logarithm, sine and cosine.
struct Params { n4: u32, N: u32, P: u32, lo: f32, hi: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> draw: array<u32, 4>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> sigma: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dx: array<vec4f>;

const WG: u32 = 64;

fn bits(i: u32) -> vec4u { return philox(vec4u(i, 0u, draw[2], draw[3]), vec2u(draw[0], draw[1])); }

/// x + sigma * N(0, 1) at the elements 4i .. 4i+3.
fn noisy(i: u32) -> vec4f {
  let n = min((4u * i + vec4u(0u, 1u, 2u, 3u)) / params.P, vec4u(params.N - 1u));
  return x[i] + vec4f(sigma[n.x], sigma[n.y], sigma[n.z], sigma[n.w]) * normal4(bits(i));
}

@compute @workgroup_size(WG)
fn normal(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.n4) { y[i] = params.lo + (params.hi - params.lo) * normal4(bits(i)); }
}

@compute @workgroup_size(WG)
fn uniform_(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.n4) { y[i] = params.lo + (params.hi - params.lo) * uniform4(bits(i)); }
}

@compute @workgroup_size(WG)
fn add(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.n4) { y[i] = limited4(noisy(i), params.lo, params.hi); }
}

@compute @workgroup_size(WG)
fn add_backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  let v = noisy(i);
  dx[i] = select(vec4f(), dy[i], (v >= vec4f(params.lo)) & (v <= vec4f(params.hi)));
}
