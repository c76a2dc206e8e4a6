// What a matrix product reads and writes, for matmul_tiled.wgsl and matrix_units.wgsl:
//
//   C[b] = op(A[b]) op(B[b]) + bias, with an optional relu
//
// Shapes: b batch; M rows of C, N columns, K the summed dimension. A [b,M,K], or [b,K,M] with TRANS_A; B [b,K,N], or
// [b,N,K] with TRANS_B; bias [N]; C [b,M,N]. Row-major, any sizes. A_batch and B_batch are the elements from one batch
// entry to the next, 0 to use the same matrix for all. With few tiles and a long K the sum is split: part p of `parts`
// takes part_K of it and writes C[b parts + p]; matmul_parts.wgsl adds them in their order (has_bias and relu are 0
// then).
// To this file belongs matmul_quads.wgsl (all rows in memory are whole vec4s) or matmul_elements.wgsl (any sizes).
// Grid: [ceil(N / a tile's columns), ceil(M / its rows), b parts].
struct Params { M: u32, N: u32, K: u32, A_batch: u32, B_batch: u32, has_bias: u32, relu: u32, part_K: u32, parts: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read> bias: array<f32>;

const TRANS_A = false;
const TRANS_B = false;
const A_BY_K = !TRANS_A; // four neighbours in memory follow each other along k
const B_BY_K = TRANS_B;

/** The tile's place down and across, and z = b parts + p. */
fn tile_of(group: vec3<u32>, _groups: vec3<u32>) -> vec3<u32> { return vec3<u32>(group.y, group.x, group.z); }

/** The first k of the part and the one behind its last. */
fn span(z: u32) -> vec2<u32> {
  let first = z % params.parts * params.part_K;
  return vec2<u32>(first, min(first + params.part_K, params.K));
}

/** How many of the four elements from `at` on lie before `end`. */
fn within(at: u32, end: u32) -> u32 { return min(4u, end - min(at, end)); }

/** op(A)[m, k..k+3] with A_BY_K, else op(A)[m..m+3, k]; 0 outside, from `end` on for k. */
fn load_a(m: u32, k: u32, end: u32, z: u32) -> vec4<f32> {
  let base = z / params.parts * params.A_batch;
  if (TRANS_A) { return a_quad(base + k * params.M + m, select(0u, within(m, params.M), k < end)); }
  return a_quad(base + m * params.K + k, select(0u, within(k, end), m < params.M));
}

/** op(B)[k..k+3, n] with B_BY_K, else op(B)[k, n..n+3]. */
fn load_b(n: u32, k: u32, end: u32, z: u32) -> vec4<f32> {
  let base = z / params.parts * params.B_batch;
  if (TRANS_B) { return b_quad(base + n * params.K + k, select(0u, within(k, end), n < params.N)); }
  return b_quad(base + k * params.N + n, select(0u, within(n, params.N), k < end));
}

/** C[m, n..n+3] = y, after bias and relu. */
fn store_quad(y: vec4<f32>, m: u32, n: u32, z: u32) {
  let count = select(0u, within(n, params.N), m < params.M);
  if (count == 0u) { return; }
  var add = vec4<f32>();
  if (params.has_bias != 0u) {
    for (var j = 0u; j < count; j++) { add[j] = bias[n + j]; }
  }
  let sum = y + add;
  let relu = negative4(sum) & vec4<bool>(params.relu != 0u);
  c_quad((z * params.M + m) * params.N + n, count, select(sum, vec4<f32>(), relu));
}
