// Restarts keep the worst example: where loss[n] > worst[n], best[n,:] = adv[n,:]. `update` then moves worst up.
// A NaN loss makes the image NaN. With special.wgsl.
// P pixels an image. Limited by loads and stores.
struct Params { n: u32, pixels: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> loss: array<f32>;
@group(0) @binding(2) var<storage, read_write> worst: array<f32>;
@group(0) @binding(3) var<storage, read> adv: array<f32>;
@group(0) @binding(4) var<storage, read_write> best: array<f32>;

const WG: u32 = 64;

@compute @workgroup_size(WG)
fn choose(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n) { return; }
  let image = i / params.pixels;
  if (isNan1(loss[image])) { best[i] = loss[image]; }
  else if (loss[image] > worst[image]) { best[i] = adv[i]; }
}

@compute @workgroup_size(WG)
fn update(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.n) { worst[i] = max1(worst[i], loss[i]); }
}
