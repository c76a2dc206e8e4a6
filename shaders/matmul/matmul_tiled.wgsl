// C[b] = op(A[b]) op(B[b]) + bias, with an optional relu, by tiles in workgroup memory: for GPUs.
//
// Shapes: b batch; M rows of C, N columns, K the summed dimension. A [b,M,K], or [b,K,M] with TRANS_A; B [b,K,N], or
// [b,N,K] with TRANS_B; bias [N]; C [b,M,N]. Row-major, any sizes. A_batch and B_batch are the elements from one batch
// entry to the next, 0 to use the same matrix for all. With few tiles and a long K the sum is split: part p takes
// part_K of it and writes C[p]; matmul_parts.wgsl adds them in their order (b is 1 then, has_bias and relu 0).
// Grid: [ceil(N / (64 WIDE)), ceil(M / (64 WIDE)), b or parts]; workgroup 16 x 16.
//
// Idea: 256 invocations load a slice of A and of B (16 / WIDE deep) into workgroup memory, laid out [k][m] and [k][n], so
// that a thread reads its 4 WIDE rows and columns as vec4. The next slice is loaded into registers while this one is
// summed. Scalar loads, neighbours next to each other in memory for all four transposes: no alignment is needed.
//
// Not yet measured on a GPU. Checked for correctness on software adapters, where a load from workgroup memory costs as
// much as one from a buffer: WIDE 1 and 2 make 2.0 and 3.5 GFLOP/s on a lavapipe core, 0.5 and 0.8 on SwiftShader.
struct Params { M: u32, N: u32, K: u32, A_batch: u32, B_batch: u32, has_bias: u32, relu: u32, part_K: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> A: array<f32>;
@group(0) @binding(2) var<storage, read> B: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> C: array<f32>;

const WIDE = 1u; // 1: a thread makes 4 x 4 elements; 2: 8 x 8
const TRANS_A = false;
const TRANS_B = false;
const TILE = 64u * WIDE;
const DEEP = 16u / WIDE;

alias V = vec4<f32>;
alias Block = array<vec4<f32>, 4>; // 4 x 4 elements, a row a vec4

var<workgroup> As: array<vec4<f32>, 256>; // [k][m / 4]
var<workgroup> Bs: array<vec4<f32>, 256>; // [k][n / 4]

/** The place of element e of a slice: x across (m or n), y along k. `along`: neighbours in memory lie along k. */
fn place(e: u32, along: bool) -> vec2<u32> {
  return select(vec2<u32>(e % TILE, e / TILE), vec2<u32>(e / DEEP, e % DEEP), along);
}

fn load_a(at: vec2<u32>, row0: u32, k0: u32, end: u32, base: u32) -> f32 {
  let m = row0 + at.x;
  let k = k0 + at.y;
  if (m >= params.M || k >= end) { return 0.0; }
  return A[base + select(m * params.K + k, k * params.M + m, TRANS_A)];
}

fn load_b(at: vec2<u32>, col0: u32, k0: u32, end: u32, base: u32) -> f32 {
  let n = col0 + at.x;
  let k = k0 + at.y;
  if (n >= params.N || k >= end) { return 0.0; }
  return B[base + select(k * params.N + n, n * params.K + k, TRANS_B)];
}

/** c + the outer product of a column of A and a row of B */
fn outer(a: V, b: V, c: Block) -> Block {
  return Block(fma(V(a.x), b, c[0]), fma(V(a.y), b, c[1]), fma(V(a.z), b, c[2]), fma(V(a.w), b, c[3]));
}

fn store(c: Block, row0: u32, col0: u32, base: u32) {
  var rows = c;
  for (var i = 0u; i < 4u; i++) {
    for (var j = 0u; j < 4u; j++) {
      let m = row0 + i;
      let n = col0 + j;
      if (m >= params.M || n >= params.N) { continue; }
      var y = rows[i][j];
      if (params.has_bias != 0u) { y += bias[n]; }
      if (params.relu != 0u) { y = select(y, 0.0, y < 0.0); }
      C[base + m * params.N + n] = y;
    }
  }
}

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>,
        @builtin(local_invocation_index) index: u32) {
  let row0 = group.y * TILE;
  let col0 = group.x * TILE;
  let split = params.part_K < params.K;
  let a_base = select(group.z, 0u, split) * params.A_batch;
  let b_base = select(group.z, 0u, split) * params.B_batch;
  let start = select(0u, group.z * params.part_K, split);
  let end = min(start + params.part_K, params.K);
  var c00: Block; var c01: Block; var c10: Block; var c11: Block; // rows and columns 4 x, 4 x + 64

  var a: V; // the four elements of the slices that this thread loads
  var b: V;
  for (var k0 = start; k0 < end + DEEP; k0 += DEEP) {
    if (k0 > start) {
      workgroupBarrier();
      for (var i = 0u; i < 4u; i++) {
        let pa = place(index + 256u * i, !TRANS_A);
        let pb = place(index + 256u * i, TRANS_B);
        As[(pa.y * TILE + pa.x) / 4u][pa.x % 4u] = a[i];
        Bs[(pb.y * TILE + pb.x) / 4u][pb.x % 4u] = b[i];
      }
      workgroupBarrier();
    }
    for (var i = 0u; i < 4u; i++) {
      a[i] = load_a(place(index + 256u * i, !TRANS_A), row0, k0, end, a_base);
      b[i] = load_b(place(index + 256u * i, TRANS_B), col0, k0, end, b_base);
    }
    if (k0 > start) {
      for (var k = 0u; k < DEEP; k++) {
        let a0 = As[k * TILE / 4u + local.y];
        let b0 = Bs[k * TILE / 4u + local.x];
        c00 = outer(a0, b0, c00);
        if (WIDE > 1u) {
          let a1 = As[k * TILE / 4u + local.y + 16u];
          let b1 = Bs[k * TILE / 4u + local.x + 16u];
          c01 = outer(a0, b1, c01);
          c10 = outer(a1, b0, c10);
          c11 = outer(a1, b1, c11);
        }
      }
    }
  }

  let base = group.z * params.M * params.N;
  let row = row0 + 4u * local.y;
  let col = col0 + 4u * local.x;
  store(c00, row, col, base);
  if (WIDE > 1u) {
    store(c01, row, col + 64u, base);
    store(c10, row + 64u, col, base);
    store(c11, row + 64u, col + 64u, base);
  }
}
