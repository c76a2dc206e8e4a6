// y[i] = To(x[i]): f32, i32 and u32 into each other. A float is cut towards 0 and limited to what the integer type
// holds.
struct Params { n4: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<From>;
@group(0) @binding(2) var<storage, read_write> y: array<To>;

const WG: u32 = 256;
alias From = vec4<f32>;
alias To = vec4<i32>;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = gid.x; i < params.n4; i += groups.x * WG) { y[i] = To(x[i]); }
}
