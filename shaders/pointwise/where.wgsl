// y[i] = cond[i] != 0 ? a[i] : b[i], four elements a thread; da = dy where cond is not 0, db = dy where it is. The
// three come in one shape: the host expands what is broadcast. Limited by loads and stores.
struct Params { n4: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> cond: array<vec4<C>>;
@group(0) @binding(2) var<storage, read> a: array<vec4f>;
@group(0) @binding(3) var<storage, read> b: array<vec4f>;
@group(0) @binding(4) var<storage, read> dy: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dx: array<vec4f>;

const WG: u32 = 64;
alias C = f32;

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.n4) { y[i] = select(b[i], a[i], cond[i] != vec4<C>()); }
}

@compute @workgroup_size(WG)
fn backward_a(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.n4) { dx[i] = select(vec4f(), dy[i], cond[i] != vec4<C>()); }
}

@compute @workgroup_size(WG)
fn backward_b(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.n4) { dx[i] = select(dy[i], vec4f(), cond[i] != vec4<C>()); }
}
