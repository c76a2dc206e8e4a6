// Negative log likelihood: loss[n] = -logp[n, labels[n]]; dlogp[n,c] = -g [c = labels[n]], g = scale * dy.
// N batch, C classes. A label outside 0..C-1 gives NaN, so that it cannot pass unseen. Limited by the launch.
struct Params { N: u32, C: u32, scale: f32, each: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logp: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<i32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> dlogp: array<f32>;

const WG: u32 = 64;

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = gid.x + gid.y * groups.x * WG;
  if (n >= params.N) { return; }
  let label = labels[n];
  if (label < 0 || label >= i32(params.C)) { loss[n] = nan(); return; }
  loss[n] = -logp[n * params.C + u32(label)];
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.N * params.C) { return; }
  let n = i / params.C;
  let label = u32(labels[n]);
  let g = select(0.0, -params.scale * dy[n * params.each], i % params.C == label);
  dlogp[i] = select(nan(), g, label < params.C);
}
