// The largest (or smallest) element over the middle of [A, R, B] and where it stands, a chunk at a time:
// y[a,c,b] = max over r = c, c+C, ... of x[a,r,b], index[a,c,b] its r; of equal ones the first, and NaN before
// any number. The host calls it until one chunk is left; from the second call on the candidates come with their indices
// (at). Limited by loads.
struct Params { A: u32, R: u32, B: u32, C: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> at: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> index: array<i32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read> chosen: array<i32>;
@group(0) @binding(7) var<storage, read_write> dx: array<f32>;

const WG: u32 = 64;
const MINIMUM = false;

struct Candidate { value: f32, r: i32 }

fn better(v: Candidate, best: Candidate) -> bool {
  if (isNan1(best.value)) { return isNan1(v.value) && v.r < best.r; }
  if (isNan1(v.value)) { return true; }
  if (v.value == best.value) { return v.r < best.r; }
  if (MINIMUM) { return v.value < best.value; }
  return v.value > best.value;
}

fn place(i: u32) -> vec2u { // (first element, first r) of thread i = (a * C + c) * B + b
  let ac = i / params.B;
  let c = ac % params.C;
  return vec2u((ac / params.C * params.R + c) * params.B + i % params.B, c);
}

@compute @workgroup_size(WG)
fn first(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.A * params.C * params.B) { return; }
  let p = place(i);
  var best = Candidate(x[p.x], i32(p.y));
  for (var k = 1u; p.y + k * params.C < params.R; k++) {
    let v = Candidate(x[p.x + k * params.C * params.B], i32(p.y + k * params.C));
    if (better(v, best)) { best = v; }
  }
  y[i] = best.value;
  index[i] = best.r;
}

@compute @workgroup_size(WG)
fn next(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.A * params.C * params.B) { return; }
  let p = place(i);
  var best = Candidate(x[p.x], at[p.x]);
  for (var k = 1u; p.y + k * params.C < params.R; k++) {
    let o = p.x + k * params.C * params.B;
    let v = Candidate(x[o], at[o]);
    if (better(v, best)) { best = v; }
  }
  y[i] = best.value;
  index[i] = best.r;
}

/// dx[a,r,b] = dy[a,b] where r is the chosen one, else 0.
@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.A * params.R * params.B) { return; }
  let ar = i / params.B;
  let o = ar / params.R * params.B + i % params.B;
  dx[i] = select(0.0, dy[o], chosen[o] == i32(ar % params.R));
}
