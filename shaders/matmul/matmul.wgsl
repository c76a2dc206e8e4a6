// C[b] = op(A[b]) op(B[b]) + bias, with an optional relu. One invocation makes 4 x 4 elements of C in registers.
//
// Shapes: b batch; M rows of C, N columns, K the summed dimension. A [b,M,K], or [b,K,M] with trans_A; B [b,K,N], or
// [b,N,K] with trans_B; bias [N]; C [b,M,N]. Row-major, any sizes. A_batch and B_batch are the elements from one batch
// entry to the next, 0 to use the same matrix for all.
// Grid: [gx, gy, b], gx gy >= ceil(M/4) ceil(N/4) / WG.
//
// The variant for everything: no subgroups, no workgroup memory, no alignment. matmul_subgroup.wgsl (software adapters)
// and matmul_tiled.wgsl (GPUs) are faster where they apply.
// Measured (512 x 512 x 512, one EPYC core): lavapipe 3.7 GFLOP/s, SwiftShader 1.2. Limited by loads: eight scalar
// loads for 16 multiply-adds.
// RADV for an RX 7900 (bench --isa, docs/performance.md): 40 to 48 registers, 24 to 32 waves, nothing spilled, 5 vector
// instructions for one of memory.
struct Params {
  M: u32, N: u32, K: u32, A_batch: u32, B_batch: u32,
  trans_A: u32, trans_B: u32, has_bias: u32, relu: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> A: array<f32>;
@group(0) @binding(2) var<storage, read> B: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> C: array<f32>;

alias V = vec4<f32>;
const WG = 64u;

/** c, or max(c, 0) with relu, written to C[row, col..col+3] as far as C reaches. */
fn store(c: V, row: u32, col: u32, base: u32) {
  if (row >= params.M) { return; }
  var v = c;
  for (var j = 0u; j < min(4u, params.N - col); j++) {
    var y = v[j];
    if (params.has_bias != 0u) { y += bias[col + j]; }
    if (params.relu != 0u) { y = select(y, 0.0, negative1(y)); }
    C[base + row * params.N + col + j] = y;
  }
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let tile = (group.y * groups.x + group.x) * WG + local;
  let across = (params.N + 3u) / 4u;
  let row = tile / across * 4u;
  let col = tile % across * 4u;
  if (row >= params.M) { return; }

  // op(A)[m, k] = A[a[m] + k a_step], op(B)[k, n] = B[b[n] + k b_step]; rows and columns beyond the edge repeat the
  // last
  let m = min(vec4<u32>(row, row + 1u, row + 2u, row + 3u), vec4<u32>(params.M - 1u));
  let n = min(vec4<u32>(col, col + 1u, col + 2u, col + 3u), vec4<u32>(params.N - 1u));
  var a = group.z * params.A_batch + m * select(params.K, 1u, params.trans_A != 0u);
  var b = group.z * params.B_batch + n * select(1u, params.K, params.trans_B != 0u);
  let a_step = select(1u, params.M, params.trans_A != 0u);
  let b_step = select(params.N, 1u, params.trans_B != 0u);

  var c0 = V(); var c1 = V(); var c2 = V(); var c3 = V();
  for (var k = 0u; k < params.K; k++) {
    let v = V(B[b.x], B[b.y], B[b.z], B[b.w]);
    c0 = fma(V(A[a.x]), v, c0);
    c1 = fma(V(A[a.y]), v, c1);
    c2 = fma(V(A[a.z]), v, c2);
    c3 = fma(V(A[a.w]), v, c3);
    a += a_step;
    b += b_step;
  }

  let base = group.z * params.M * params.N;
  store(c0, row, col, base);
  store(c1, row + 1u, col, base);
  store(c2, row + 2u, col, base);
  store(c3, row + 3u, col, base);
}
