// C[b] = op(A[b]) op(B[b]) + bias, with an optional relu, by tiles in workgroup memory: for GPUs. To this file belongs
// matmul_operands.wgsl, with the formula, the shapes and the bindings; a tile is TILE x TILE, a workgroup SIDE x SIDE.
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
// RADV for an RX 7900 (bench --isa, docs/performance.md): 84 registers and 16 waves (tile 64), 108 and 14 (128), 96 and
// 8 (32); nothing spilled; 86 to 124 vector instructions for one of memory.
const SIDE = 16u; // threads along each side of a tile: 8 or 16
const WIDE = 1u; // blocks of 4 elements that a thread makes along each side: 1 or 2
const DEEP = 16u; // 8 or 16
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

fn store_a(v: Quad, at: vec2<u32>, slice: u32) {
  let i = slice + at.y * ROW + at.x / 4u;
  if (!A_BY_K) { As[i] = v; return; }
  for (var j = 0u; j < 4u; j++) { As[i + j * ROW][at.x % 4u] = v[j]; }
}

fn store_b(v: Quad, at: vec2<u32>, slice: u32) {
  let i = slice + at.y * ROW + at.x / 4u;
  if (!B_BY_K) { Bs[i] = v; return; }
  for (var j = 0u; j < 4u; j++) { Bs[i + j * ROW][at.x % 4u] = v[j]; }
}

/** c + the outer product of a column of A and a row of B */
fn outer(a: V, b: V, c: Block) -> Block {
  return Block(fma(V(a.x), b, c[0]), fma(V(a.y), b, c[1]), fma(V(a.z), b, c[2]), fma(V(a.w), b, c[3]));
}

/** Writes a thread's block of C that begins at (m, n). */
fn store(c: Block, m: u32, n: u32, z: u32) {
  var rows = c;
  for (var i = 0u; i < 4u; i++) { store_quad(rows[i], m + i, n, z); }
}

@compute @workgroup_size(SIDE, SIDE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>,
        @builtin(local_invocation_index) index: u32) {
  let row0 = group.y * TILE;
  let col0 = group.x * TILE;
  let k = span(group.z);
  var c00: Block; var c01: Block; var c10: Block; var c11: Block; // rows and columns 4 x, 4 x + 4 SIDE

  var a: array<Quad, LOADS>; // what this thread loads of the next slices
  var b: array<Quad, LOADS>;
  var slice = 0u;
  for (var k0 = k.x; k0 < k.y + DEEP; k0 += DEEP) { // the slice at k0 is loaded, the one before it summed
    for (var i = 0u; i < LOADS; i++) {
      let a_at = place(index + SIDE * SIDE * i, A_BY_K);
      let b_at = place(index + SIDE * SIDE * i, B_BY_K);
      a[i] = Quad(load_a(row0 + a_at.x, k0 + a_at.y, k.y, group.z));
      b[i] = Quad(load_b(col0 + b_at.x, k0 + b_at.y, k.y, group.z));
    }
    if (k0 > k.x) {
      for (var q = 0u; q < DEEP; q++) {
        let a0 = V(As[slice + q * ROW + local.y]);
        let b0 = V(Bs[slice + q * ROW + local.x]);
        c00 = outer(a0, b0, c00);
        if (WIDE > 1u) {
          let a1 = V(As[slice + q * ROW + local.y + SIDE]);
          let b1 = V(Bs[slice + q * ROW + local.x + SIDE]);
          c01 = outer(a0, b1, c01);
          c10 = outer(a1, b0, c10);
          c11 = outer(a1, b1, c11);
        }
      }
      slice = SLICE - slice;
    }
    for (var i = 0u; i < LOADS; i++) {
      store_a(a[i], place(index + SIDE * SIDE * i, A_BY_K), slice);
      store_b(b[i], place(index + SIDE * SIDE * i, B_BY_K), slice);
    }
    workgroupBarrier();
  }

  let row = row0 + 4u * local.y;
  let col = col0 + 4u * local.x;
  store(c00, row, col, group.z);
  if (WIDE > 1u) {
    store(c01, row, col + 4u * SIDE, group.z);
    store(c10, row + 4u * SIDE, col, group.z);
    store(c11, row + 4u * SIDE, col + 4u * SIDE, group.z);
  }
}
