// Dropout: y = x * mask / (1 - p), mask = 1 with probability 1 - p; dx = dy * mask / (1 - p). The same entry
// does both: backward runs it on dy with the forward's ticket `draw`, so the mask is made again and never stored.
// Srivastava et al., JMLR 2014. Four elements a thread. Limited by the ten Philox rounds.
struct Params { n4: u32, p: f32, scale: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> draw: array<u32, 4>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

const WG: u32 = 64;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  let u = uniform4(philox(vec4u(i, 0u, draw[2], draw[3]), vec2u(draw[0], draw[1])));
  y[i] = select(vec4f(), x[i] * params.scale, u >= vec4f(params.p));
}
