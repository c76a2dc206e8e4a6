// What bounds every kernel on an adapter: arithmetic (main) and memory (copy).
//
// main: y[i] = the sum of 12 numbers, each taken through v m + a again and again; registers only, 192 multiply-adds a
// round and thread. 12 independent sums hide the latency of an FMA and still fit the registers (32 spill on
// SwiftShader); the round is written out because a loop costs 10 to 25 cycles a turn on software adapters. m and a come
// from the params so that nothing can be computed beforehand.
//
// copy: z = x, four vec4 a thread, neighbours beside each other; the buffers hold whole workgroups.
// Measured (48 MiB, one EPYC core, CPU time), GB/s read and written, lavapipe and SwiftShader: one vec4 a thread in
// workgroups of 64: 3.2 and 1.2; four: 3.3 and 1.8; four in workgroups of 256: 3.8 and 2.4; eight: 3.4 and 2.2.
struct Params { rounds: u32, m: f32, a: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> z: array<vec4u>;

const WG: u32 = 64;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  let m = vec4f(params.m);
  let a = vec4f(params.a);
  var p = vec4f(f32(i));
  var q = p + 1.0;
  var r = p + 2.0;
  for (var k = 0u; k < params.rounds; k++) {
    p = fma(p, m, a); q = fma(q, m, a); r = fma(r, m, a);
    p = fma(p, m, a); q = fma(q, m, a); r = fma(r, m, a);
    p = fma(p, m, a); q = fma(q, m, a); r = fma(r, m, a);
    p = fma(p, m, a); q = fma(q, m, a); r = fma(r, m, a);
    p = fma(p, m, a); q = fma(q, m, a); r = fma(r, m, a);
    p = fma(p, m, a); q = fma(q, m, a); r = fma(r, m, a);
    p = fma(p, m, a); q = fma(q, m, a); r = fma(r, m, a);
    p = fma(p, m, a); q = fma(q, m, a); r = fma(r, m, a);
    p = fma(p, m, a); q = fma(q, m, a); r = fma(r, m, a);
    p = fma(p, m, a); q = fma(q, m, a); r = fma(r, m, a);
    p = fma(p, m, a); q = fma(q, m, a); r = fma(r, m, a);
    p = fma(p, m, a); q = fma(q, m, a); r = fma(r, m, a);
    p = fma(p, m, a); q = fma(q, m, a); r = fma(r, m, a);
    p = fma(p, m, a); q = fma(q, m, a); r = fma(r, m, a);
    p = fma(p, m, a); q = fma(q, m, a); r = fma(r, m, a);
    p = fma(p, m, a); q = fma(q, m, a); r = fma(r, m, a);
  }
  let s = p + q + r;
  y[i] = s.x + s.y + s.z + s.w;
}

@compute @workgroup_size(256)
fn copy(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let j = group.x * 1024u + lane;
  z[j] = x[j];
  z[j + 256u] = x[j + 256u];
  z[j + 512u] = x[j + 512u];
  z[j + 768u] = x[j + 768u];
}
