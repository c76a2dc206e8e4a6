// Nearest-neighbour enlargement by whole factors: y[p,oh,ow] = x[p, oh / SH, ow / SW]; dx is the sum of dy over the
// SH x SW elements that copy it. P = N C planes, H, W of x. One element a thread. Limited by loads and stores.
struct Params { P: u32, H: u32, W: u32, SH: u32, SW: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

const WG: u32 = 64;

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (p * OH + oh) * OW + ow
  let OW = params.W * params.SW;
  let OH = params.H * params.SH;
  if (i >= params.P * OH * OW) { return; }
  y[i] = x[(i / (OW * OH) * params.H + i / OW % OH / params.SH) * params.W + i % OW / params.SW];
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (p * H + h) * W + w
  if (i >= params.P * params.H * params.W) { return; }
  let OW = params.W * params.SW;
  let first = i / params.W * params.SH * OW + i % params.W * params.SW;
  var sum = 0.0;
  for (var r = 0u; r < params.SH; r++) { for (var s = 0u; s < params.SW; s++) { sum += dy[first + r * OW + s]; } }
  dx[i] = sum;
}
