// y[i] = value, four elements a thread. Limited by stores. The value comes as bits, so one kernel fills f32, i32, u32.
struct Params { n4: u32, value: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<vec4u>;

const WG: u32 = 256;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = gid.x; i < params.n4; i += groups.x * WG) { y[i] = vec4u(params.value); }
}
