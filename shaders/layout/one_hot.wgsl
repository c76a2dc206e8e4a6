// y[n,c] = 1 where index[n] = c, else 0; NaN where index[n] is no class. With special.wgsl. Limited by stores.
struct Params { n: u32, C: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> index: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

const WG: u32 = 64;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n) { return; }
  let label = u32(index[i / params.C]);
  y[i] = select(nan(), select(0.0, 1.0, label == i % params.C), label < params.C);
}
