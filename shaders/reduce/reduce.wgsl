// Sum over the middle of [A, R, B], a chunk at a time: y[a,c,b] = scale * sum over r = c, c+C, ... of x[a,r,b].
// The host calls it until one chunk is left: a tree of sums of at most 256 terms, so that rounding grows with the
// depth of the tree and not with R. Threads beside each other read elements beside each other. Limited by loads.
struct Params { A: u32, R: u32, B: u32, C: u32, scale: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

override WG: u32 = 64;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (a * C + c) * B + b
  if (i >= params.A * params.C * params.B) { return; }
  let b = i % params.B;
  let ac = i / params.B;
  let c = ac % params.C;
  let base = ac / params.C * params.R * params.B + b;
  var sum = x[base + c * params.B];
  for (var r = c + params.C; r < params.R; r += params.C) {
    sum += x[base + r * params.B];
  }
  y[i] = sum * params.scale;
}
