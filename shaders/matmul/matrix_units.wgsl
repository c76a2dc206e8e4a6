// C = A B by the matrix units of a GPU (subgroup matrices): operands of half precision, sums of float32. To this file
// belongs one that says what A, B and C are, matmul_operands.wgsl or conv2d_matrix.wgsl, with
//
//   tile_of(workgroup, workgroups)   the tile's place down and across, and z, a batch entry, a group or a part
//   span(z)                          the first k of the sum and the one behind its last
//   load_a(m, k, end, z)             A[m, k..k+3] with A_BY_K, else A[m..m+3, k]; 0 outside, from `end` on for k
//   load_b(n, k, end, z)             B[k..k+3, n] with B_BY_K, else B[k, n..n+3]
//   store_quad(y, m, n, z)           C[m, n..n+3] = y, what is inside of it
//
// Needs: subgroups of exactly LANES, and UM x UK times UK x UN among the units that the adapter lists for f16 and f32.
// Workgroup LANES DOWN ACROSS; a tile is 2 UM DOWN x UNITS UN ACROSS.
//
// Idea: as matmul_tiled.wgsl: slices of A and of B, DEEP along k, lie in workgroup memory, two of each, so that a slice
// costs one barrier. Here they lie as they come, [m][k] or [k][m], since a unit reads either. A row has eight spare
// numbers, which spread it over the banks and keep it at 16 bytes, as Vulkan wants it. A subgroup makes 2 x UNITS units
// of C and hands them on through workgroup memory, one at a time.
//
// Measured on an H200, ms, and by the best kernel of float32: matrix products of 1024 0.051 (0.101), of 2048 0.209
// (0.675), which is 82 TFLOP/s; below they take as long. 64-128 32x32 k3 s2 b128 0.64 (1.26), its input gradient 1.34
// (1.55); 256-256 8x8 k3 0.90 (Winograd's way 0.98), with fewer channels or pixels half its speed. Weight gradients,
// both operands along k, took 0.8 to 4 times as long as by the tiled kernel, longer than by Winograd's way: deleted.
enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
diagnostic(off, chromium.subgroup_matrix_uniformity);

const LANES = 32u;
const UM = 16u;
const UN = 16u;
const UK = 16u;
const DOWN = 4u; // subgroups of a workgroup, 1 to 4
const ACROSS = 2u;
const UNITS = 4u; // units that a subgroup makes across, 2 or 4
const DEEP = 32u;
const THREADS = LANES * DOWN * ACROSS;
const ROWS = 2u * UM * DOWN;
const COLUMNS = UNITS * UN * ACROSS;
const A_ROW = (select(ROWS, DEEP, A_BY_K) + 8u) / 4u; // vec4s from one m (or k) to the next
const B_ROW = (select(COLUMNS, DEEP, B_BY_K) + 8u) / 4u;
const C_ROW = UN / 4u;
const A_SLICE = A_ROW * select(DEEP, ROWS, A_BY_K);
const B_SLICE = B_ROW * select(DEEP, COLUMNS, B_BY_K);
const A_LOADS = ROWS * DEEP / 4u / THREADS; // vec4s that a thread loads for a slice
const B_LOADS = COLUMNS * DEEP / 4u / THREADS;

alias Quad = vec4<f16>;
alias Left = subgroup_matrix_left<f16, UK, UM>;
alias Right = subgroup_matrix_right<f16, UN, UK>;
alias Sums = subgroup_matrix_result<f32, UN, UM>;

var<workgroup> As: array<Quad, 2u * A_SLICE>; // [slice % 2][m][k / 4] or [slice % 2][k][m / 4]
var<workgroup> Bs: array<Quad, 2u * B_SLICE>; // the same of n
var<workgroup> Cs: array<vec4<f32>, DOWN * ACROSS * UM * C_ROW>; // [subgroup][m][n / 4]

/** The place of the e-th vec4 of a slice: x across (m or n), y along k. */
fn place(e: u32, by_k: bool, width: u32) -> vec2<u32> {
  if (by_k) { return vec2<u32>(e / (DEEP / 4u), e % (DEEP / 4u) * 4u); }
  return vec2<u32>(e % (width / 4u) * 4u, e / (width / 4u));
}

/** Where in a slice the vec4 at `at` lies. */
fn index_of(at: vec2<u32>, by_k: bool, row: u32) -> u32 {
  if (by_k) { return at.x * row + at.y / 4u; }
  return at.y * row + at.x / 4u;
}

fn left(slice: u32, m: u32, k: u32) -> Left {
  if (A_BY_K) { return subgroupMatrixLoad<Left, row_major>(&As, slice * A_SLICE + m * A_ROW + k / 4u, A_ROW); }
  return subgroupMatrixLoad<Left, col_major>(&As, slice * A_SLICE + k * A_ROW + m / 4u, A_ROW);
}

fn right(slice: u32, n: u32, k: u32) -> Right {
  if (B_BY_K) { return subgroupMatrixLoad<Right, col_major>(&Bs, slice * B_SLICE + n * B_ROW + k / 4u, B_ROW); }
  return subgroupMatrixLoad<Right, row_major>(&Bs, slice * B_SLICE + k * B_ROW + n / 4u, B_ROW);
}

/** Writes a subgroup's unit of C that begins at (m, n). */
fn put(c: Sums, m: u32, n: u32, z: u32, subgroup: u32, lane: u32) {
  let base = subgroup * UM * C_ROW;
  workgroupBarrier();
  subgroupMatrixStore<row_major>(&Cs, base, c, C_ROW);
  workgroupBarrier();
  for (var e = lane; e < UM * UN / 4u; e += LANES) {
    let at = vec2<u32>(e / (UN / 4u), e % (UN / 4u));
    store_quad(Cs[base + at.x * C_ROW + at.y], m + at.x, n + 4u * at.y, z);
  }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) index: u32, @builtin(subgroup_id) subgroup: u32,
        @builtin(subgroup_invocation_id) lane: u32) {
  let tile = tile_of(group, groups);
  let row0 = tile.x * ROWS;
  let col0 = tile.y * COLUMNS;
  let z = tile.z;
  let k = span(z);
  let m = subgroup / ACROSS * 2u * UM; // where the subgroup's units begin in the tile
  let n = subgroup % ACROSS * UNITS * UN;
  var c00: Sums; var c01: Sums; var c02: Sums; var c03: Sums;
  var c10: Sums; var c11: Sums; var c12: Sums; var c13: Sums;

  var a: array<Quad, A_LOADS>; // what this thread loads of the next slices
  var b: array<Quad, B_LOADS>;
  var slice = 0u;
  for (var k0 = k.x; k0 < k.y + DEEP; k0 += DEEP) { // the slice at k0 is loaded, the one before it summed
    for (var i = 0u; i < A_LOADS; i++) {
      let at = place(index + THREADS * i, A_BY_K, ROWS);
      a[i] = Quad(load_a(row0 + at.x, k0 + at.y, k.y, z));
    }
    for (var i = 0u; i < B_LOADS; i++) {
      let at = place(index + THREADS * i, B_BY_K, COLUMNS);
      b[i] = Quad(load_b(col0 + at.x, k0 + at.y, k.y, z));
    }
    if (k0 > k.x) {
      for (var q = 0u; q < DEEP; q += UK) {
        let a0 = left(slice, m, q);
        let a1 = left(slice, m + UM, q);
        let b0 = right(slice, n, q);
        let b1 = right(slice, n + UN, q);
        c00 = subgroupMatrixMultiplyAccumulate(a0, b0, c00);
        c10 = subgroupMatrixMultiplyAccumulate(a1, b0, c10);
        c01 = subgroupMatrixMultiplyAccumulate(a0, b1, c01);
        c11 = subgroupMatrixMultiplyAccumulate(a1, b1, c11);
        if (UNITS > 2u) {
          let b2 = right(slice, n + 2u * UN, q);
          let b3 = right(slice, n + 3u * UN, q);
          c02 = subgroupMatrixMultiplyAccumulate(a0, b2, c02);
          c12 = subgroupMatrixMultiplyAccumulate(a1, b2, c12);
          c03 = subgroupMatrixMultiplyAccumulate(a0, b3, c03);
          c13 = subgroupMatrixMultiplyAccumulate(a1, b3, c13);
        }
      }
      slice = 1u - slice;
    }
    for (var i = 0u; i < A_LOADS; i++) {
      As[slice * A_SLICE + index_of(place(index + THREADS * i, A_BY_K, ROWS), A_BY_K, A_ROW)] = a[i];
    }
    for (var i = 0u; i < B_LOADS; i++) {
      Bs[slice * B_SLICE + index_of(place(index + THREADS * i, B_BY_K, COLUMNS), B_BY_K, B_ROW)] = b[i];
    }
    workgroupBarrier();
  }

  let row = row0 + m;
  let col = col0 + n;
  put(c00, row, col, z, subgroup, lane);
  put(c10, row + UM, col, z, subgroup, lane);
  put(c01, row, col + UN, z, subgroup, lane);
  put(c11, row + UM, col + UN, z, subgroup, lane);
  if (UNITS > 2u) {
    put(c02, row, col + 2u * UN, z, subgroup, lane);
    put(c12, row + UM, col + 2u * UN, z, subgroup, lane);
    put(c03, row, col + 3u * UN, z, subgroup, lane);
    put(c13, row + UM, col + 3u * UN, z, subgroup, lane);
  }
}
