// The lower or upper triangle of each matrix of x [.., R, C], zero elsewhere: y[r,c] = x[r,c] where c - r <= diagonal
// (UPPER: c - r >= diagonal). Four elements a thread. Limited by loads and stores.
struct Params { n4: u32, R: u32, C: u32, diagonal: i32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

const WG: u32 = 64;
const UPPER = false;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  let e = 4u * i + vec4u(0u, 1u, 2u, 3u);
  let right = vec4i(e % params.C) - vec4i(e / params.C % params.R);
  let diagonal = vec4i(params.diagonal);
  y[i] = select(vec4f(), x[i], select(right <= diagonal, right >= diagonal, vec4<bool>(UPPER)));
}
