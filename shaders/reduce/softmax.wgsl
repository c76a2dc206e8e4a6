// Softmax and its logarithm over the middle of [A, R, B], one row a thread:
//   y[a,r,b] = exp(x[a,r,b] - m) / s   or   x[a,r,b] - m - log s,   m = max_r x[a,r,b], s = sum_r exp(x[a,r,b] - m)
//   softmax:     dx = y * (dy - sum_r dy * y)
//   log softmax: dx = dy - exp(y) * sum_r dy
// A row whose largest element is not finite gives NaN, as in PyTorch. R classes; rows are few and short here (a batch
// of 128 with 10 classes), so the launch is the cost and not the loads.
struct Params { A: u32, R: u32, B: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

const WG: u32 = 64;
const LOG = false;

/// First element of the thread's row, or -1 past the last row.
fn rowStart(gid: vec3u, groups: vec3u) -> i32 {
  let i = gid.x + gid.y * groups.x * WG; // = a * B + b
  if (i >= params.A * params.B) { return -1; }
  return i32(i / params.B * params.R * params.B + i % params.B);
}

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let start = rowStart(gid, groups);
  if (start < 0) { return; }
  let base = u32(start);
  var m = x[base];
  for (var r = 1u; r < params.R; r++) { m = max1(m, x[base + r * params.B]); }
  var s = 0.0;
  for (var r = 0u; r < params.R; r++) { s += exp(x[base + r * params.B] - m); }
  for (var r = 0u; r < params.R; r++) {
    let i = base + r * params.B;
    if (!isFinite1(m)) { out[i] = nan(); }
    else if (LOG) { out[i] = x[i] - m - log(s); }
    else { out[i] = exp(x[i] - m) / s; }
  }
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let start = rowStart(gid, groups);
  if (start < 0) { return; }
  let base = u32(start);
  var s = 0.0;
  for (var r = 0u; r < params.R; r++) {
    let i = base + r * params.B;
    if (LOG) { s += dy[i]; } else { s += dy[i] * y[i]; }
  }
  for (var r = 0u; r < params.R; r++) {
    let i = base + r * params.B;
    if (LOG) { out[i] = dy[i] - exp1(y[i]) * s; } else { out[i] = y[i] * (dy[i] - s); }
  }
}
