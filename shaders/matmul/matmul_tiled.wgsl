// C[b] = op(A[b]) op(B[b]) + bias, with an optional relu, by tiles in workgroup memory: for GPUs.
//
// Shapes: b batch; M rows of C, N columns, K the summed dimension. A [b,M,K], or [b,K,M] with TRANS_A; B [b,K,N], or
// [b,N,K] with TRANS_B; bias [N]; C [b,M,N]. Row-major, any sizes. A_batch and B_batch are the elements from one batch
// entry to the next, 0 to use the same matrix for all. With few tiles and a long K the sum is split: part p of `parts`
// takes part_K of it and writes C[b parts + p]; matmul_parts.wgsl adds them in their order (has_bias and relu are 0
// then).
// To this file belongs matmul_quads.wgsl (all rows in memory are whole vec4s) or matmul_elements.wgsl (any sizes).
// Grid: [ceil(N / TILE), ceil(M / TILE), b parts]; workgroup SIDE x SIDE.
//
// Idea: a thread makes 4 WIDE x 4 WIDE elements. Slices of A and of B, DEEP along K, lie in workgroup memory as [k][m]
// and [k][n], so that a thread reads its rows and columns as vec4s. There are two of each: while one is summed, the
// next is loaded into registers and then stored beside it, so a slice costs one barrier.
//
// Measured on an H100 by timestamps, TFLOP/s, n x n x n:  512     1024    2048    4096
//   SIDE 16, WIDE 2, DEEP 8 (tile 128)                    4.1     19.6    28.4    29.4
//   SIDE 16, WIDE 1, DEEP 16 (tile 64)                    8.1     24.0    27.3    28.5
//   SIDE 8, WIDE 1, DEEP 16 (tile 32)                     10.6    19.9    23.1    24.1
// One slice of each and scalar loads, before: 6.1, 17.2, 28.5, 29.8. SIDE 8, WIDE 2 lost to the others at every size.
// Dawn's clamps take 3 to 8 %. On software adapters workgroup memory is no cheaper than a buffer: 0.2 to 0.3 of the
// subgroup kernel's speed.
struct Params { M: u32, N: u32, K: u32, A_batch: u32, B_batch: u32, has_bias: u32, relu: u32, part_K: u32, parts: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read> bias: array<f32>;

const SIDE = 16u; // threads along each side of a tile: 8 or 16
const WIDE = 1u; // blocks of 4 elements that a thread makes along each side: 1 or 2
const DEEP = 16u; // 8 or 16
const TRANS_A = false;
const TRANS_B = false;
const TILE = 4u * WIDE * SIDE;
const ROW = TILE / 4u + 1u; // vec4s from one k to the next; the spare one spreads the stores along k over the banks
const SLICE = DEEP * ROW;
const LOADS = TILE * DEEP / 4u / (SIDE * SIDE); // vec4s of A that a thread loads for a slice, and as many of B

alias Held = f32; // what the slices hold: f32, or f16 for half precision; the sums are f32
alias V = vec4<f32>;
alias Quad = vec4<Held>;
alias Block = array<vec4<f32>, 4>; // 4 x 4 elements, a row a vec4

var<workgroup> As: array<Quad, 2u * SLICE>; // [slice % 2][k][m / 4]
var<workgroup> Bs: array<Quad, 2u * SLICE>; // [slice % 2][k][n / 4]

/**
 * The place of the e-th vec4 of a slice: x across (m or n), y along k. `along`: its elements are neighbours along k.
 */
fn place(e: u32, along: bool) -> vec2<u32> {
  if (along) { return vec2<u32>(e / (DEEP / 4u), e % (DEEP / 4u) * 4u); }
  return vec2<u32>(e % (TILE / 4u) * 4u, e / (TILE / 4u));
}

/** How many of the four elements from `at` on lie before `end`. */
fn within(at: u32, end: u32) -> u32 { return min(4u, end - min(at, end)); }

fn load_a(at: vec2<u32>, row0: u32, k0: u32, end: u32, base: u32) -> Quad {
  let m = row0 + at.x;
  let k = k0 + at.y;
  if (TRANS_A) { return Quad(a_quad(base + k * params.M + m, select(0u, within(m, params.M), k < end))); }
  return Quad(a_quad(base + m * params.K + k, select(0u, within(k, end), m < params.M)));
}

fn load_b(at: vec2<u32>, col0: u32, k0: u32, end: u32, base: u32) -> Quad {
  let n = col0 + at.x;
  let k = k0 + at.y;
  if (TRANS_B) { return Quad(b_quad(base + n * params.K + k, select(0u, within(k, end), n < params.N))); }
  return Quad(b_quad(base + k * params.N + n, select(0u, within(n, params.N), k < end)));
}

fn store_a(v: Quad, at: vec2<u32>, slice: u32) {
  let i = slice + at.y * ROW + at.x / 4u;
  if (TRANS_A) { As[i] = v; return; }
  for (var j = 0u; j < 4u; j++) { As[i + j * ROW][at.x % 4u] = v[j]; }
}

fn store_b(v: Quad, at: vec2<u32>, slice: u32) {
  let i = slice + at.y * ROW + at.x / 4u;
  if (!TRANS_B) { Bs[i] = v; return; }
  for (var j = 0u; j < 4u; j++) { Bs[i + j * ROW][at.x % 4u] = v[j]; }
}

/** c + the outer product of a column of A and a row of B */
fn outer(a: V, b: V, c: Block) -> Block {
  return Block(fma(V(a.x), b, c[0]), fma(V(a.y), b, c[1]), fma(V(a.z), b, c[2]), fma(V(a.w), b, c[3]));
}

fn store(c: Block, row0: u32, col: u32, base: u32) {
  var rows = c;
  let count = within(col, params.N);
  if (count == 0u) { return; }
  var add = V();
  if (params.has_bias != 0u) {
    for (var j = 0u; j < count; j++) { add[j] = bias[col + j]; }
  }
  for (var i = 0u; i < within(row0, params.M); i++) {
    let y = rows[i] + add;
    c_quad(base + (row0 + i) * params.N + col, count, select(y, V(), negative4(y) & vec4<bool>(params.relu != 0u)));
  }
}

@compute @workgroup_size(SIDE, SIDE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>,
        @builtin(local_invocation_index) index: u32) {
  let row0 = group.y * TILE;
  let col0 = group.x * TILE;
  let a_base = group.z / params.parts * params.A_batch;
  let b_base = group.z / params.parts * params.B_batch;
  let start = group.z % params.parts * params.part_K;
  let end = min(start + params.part_K, params.K);
  var c00: Block; var c01: Block; var c10: Block; var c11: Block; // rows and columns 4 x, 4 x + 4 SIDE

  var a: array<Quad, LOADS>; // what this thread loads of the next slices
  var b: array<Quad, LOADS>;
  var slice = 0u;
  for (var k0 = start; k0 < end + DEEP; k0 += DEEP) { // the slice at k0 is loaded, the one before it summed
    for (var i = 0u; i < LOADS; i++) {
      a[i] = load_a(place(index + SIDE * SIDE * i, !TRANS_A), row0, k0, end, a_base);
      b[i] = load_b(place(index + SIDE * SIDE * i, TRANS_B), col0, k0, end, b_base);
    }
    if (k0 > start) {
      for (var k = 0u; k < DEEP; k++) {
        let a0 = V(As[slice + k * ROW + local.y]);
        let b0 = V(Bs[slice + k * ROW + local.x]);
        c00 = outer(a0, b0, c00);
        if (WIDE > 1u) {
          let a1 = V(As[slice + k * ROW + local.y + SIDE]);
          let b1 = V(Bs[slice + k * ROW + local.x + SIDE]);
          c01 = outer(a0, b1, c01);
          c10 = outer(a1, b0, c10);
          c11 = outer(a1, b1, c11);
        }
      }
      slice = SLICE - slice;
    }
    for (var i = 0u; i < LOADS; i++) {
      store_a(a[i], place(index + SIDE * SIDE * i, !TRANS_A), slice);
      store_b(b[i], place(index + SIDE * SIDE * i, TRANS_B), slice);
    }
    workgroupBarrier();
  }

  let base = group.z * params.M * params.N;
  let row = row0 + 4u * local.y;
  let col = col0 + 4u * local.x;
  store(c00, row, col, base);
  if (WIDE > 1u) {
    store(c01, row, col + 4u * SIDE, base);
    store(c10, row + 4u * SIDE, col, base);
    store(c11, row + 4u * SIDE, col + 4u * SIDE, base);
  }
}
