// The running sum over the middle of [A, R, B], in chunks of `chunk` elements along R; REVERSE runs from the end.
//   totals: t[a,c,b] = the sum of chunk c                        one thread a chunk
//   scan:   y[a,r,b] = before[a,c,b] + the chunk's sum up to r   before: the running sum of t, without c's own
//
// The host scans the totals in the same way, so a long sum is a tree of short ones. Limited by loads and stores.
struct Params { A: u32, R: u32, B: u32, C: u32, chunk: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> running: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

const WG: u32 = 64;
const REVERSE = false;
const CHUNKED = false; // whether `running` holds the running sums of the chunks, [A, C, B]

/// Element r of the running order stands at this place along R.
fn place(r: u32) -> u32 { return select(r, params.R - 1u - r, REVERSE); }

/// (a, c, b) of a thread; thread = (a * C + c) * B + b.
fn chunk_of(i: u32) -> vec3u { return vec3u(i / params.B / params.C, i / params.B % params.C, i % params.B); }

@compute @workgroup_size(WG)
fn totals(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.A * params.C * params.B) { return; }
  let at = chunk_of(i);
  var sum = 0.0;
  for (var r = at.y * params.chunk; r < min((at.y + 1u) * params.chunk, params.R); r++) {
    sum += x[(at.x * params.R + place(r)) * params.B + at.z];
  }
  y[i] = sum;
}

@compute @workgroup_size(WG)
fn scan(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.A * params.C * params.B) { return; }
  let at = chunk_of(i);
  var sum = 0.0;
  if (CHUNKED && at.y > 0u) { sum = running[i - params.B]; }
  for (var r = at.y * params.chunk; r < min((at.y + 1u) * params.chunk, params.R); r++) {
    let e = (at.x * params.R + place(r)) * params.B + at.z;
    sum += x[e];
    y[e] = sum;
  }
}
