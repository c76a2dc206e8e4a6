// main: y[i0,..,i5] = scale * x[start + i0*s0 + ... + i5*s5]: expand (stride 0), permute, slice (start), flip (negative
// stride).
// place: y[start + i0*s0 + ... + i5*s5] = x[i0,..,i5]: pad, concat, the gradient of slice.
// The indexed side has the sizes n1..n5 from its second dimension on and n elements; RANK is how many dimensions are in
// use. Limited by loads.
struct Params {
  n: u32, start: i32, scale: f32,
  n1: u32, n2: u32, n3: u32, n4: u32, n5: u32,
  s0: i32, s1: i32, s2: i32, s3: i32, s4: i32, s5: i32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;

const WG: u32 = 64;
const RANK = 6u;
alias T = f32;

fn strided(i: u32) -> i32 {
  var rest = i;
  var o = params.start;
  if (RANK > 5u) { let q = rest / params.n5; o += i32(rest - q * params.n5) * params.s5; rest = q; }
  if (RANK > 4u) { let q = rest / params.n4; o += i32(rest - q * params.n4) * params.s4; rest = q; }
  if (RANK > 3u) { let q = rest / params.n3; o += i32(rest - q * params.n3) * params.s3; rest = q; }
  if (RANK > 2u) { let q = rest / params.n2; o += i32(rest - q * params.n2) * params.s2; rest = q; }
  if (RANK > 1u) { let q = rest / params.n1; o += i32(rest - q * params.n1) * params.s1; rest = q; }
  return o + i32(rest) * params.s0;
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.n) { y[i] = x[strided(i)] * T(params.scale); }
}

@compute @workgroup_size(WG)
fn place(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.n) { y[strided(i)] = x[i]; }
}
