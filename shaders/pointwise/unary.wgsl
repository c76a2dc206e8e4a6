// The skeleton of pointwise ops of one tensor: y = f(x), dx = df(x, dy), four elements a thread (a vec4 load costs
// half of four scalar ones on software adapters). A file of shaders/pointwise/ is appended and gives f and df; they may
// read params.a and params.b. Limited by loads and stores.
struct Params { n4: u32, a: f32, b: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dx: array<vec4f>;

const WG: u32 = 256;

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = gid.x; i < params.n4; i += groups.x * WG) { y[i] = f(x[i]); }
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = gid.x; i < params.n4; i += groups.x * WG) { dx[i] = df(x[i], dy[i]); }
}

/// dy lies in dx: for a recording in which nothing reads dy later.
@compute @workgroup_size(WG)
fn backward_in_place(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = gid.x; i < params.n4; i += groups.x * WG) { dx[i] = df(x[i], dx[i]); }
}
