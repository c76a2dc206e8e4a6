// C[b] = op(A[b]) op(B[b]) + bias, with an optional relu. One subgroup makes TM rows x (4 QUADS S) columns of C.
//
// Shapes: b batch; M rows of C, N columns, K the summed dimension. A [b,M,K], or [b,K,M] with TRANS_A; B [b,K,N], or
// [b,N,K] with TRANS_B; bias [N]; C [b,M,N]. Row-major. A_batch and B_batch are the elements from one batch entry to
// the next, 0 to use the same matrix for all.
// With PACKED both operands come in panels as matmul_pack.wgsl makes them, K rounded up to a multiple of 4.
// Needs: subgroups of exactly S lanes; K % 4 == 0, N % 4 == 0, with TRANS_A also M % 4 == 0. Other shapes: matmul.wgsl.
// Grid: [ceil(N / (4 QUADS S)), ceil(M / TM), b], workgroup = one subgroup.
//
// Idea: on the software adapters (lavapipe, SwiftShader) a load costs as much as 15 to 25 multiply-adds and workgroup
// memory is no cheaper, but a subgroup broadcast is one register move. So every element is loaded once per subgroup:
// each lane loads other rows of A as vec4 and broadcasts them; the columns of B belong to one lane each. A vec4 is four
// registers there, so the 4x4 transposes that TRANS_A and TRANS_B need cost nothing.
//
// Measured (512 x 512 x 512, one EPYC core, Dawn's clamps off), GFLOP/s and CPU time of compiling and the first run:
//                 lavapipe, S = 8       SwiftShader, S = 4
//   8 rows x 1    11.6    0.5 s         2.7    0.3 s
//   16 rows x 1   13.5    0.9 s         3.1    0.3 s     rows x quads of a lane
//   16 rows x 2   11.4    1.8 s         3.6    0.4 s
// PACKED, the time of packing included: 1.0 to 1.4 times at 1024, 1.3 to 1.6 times at 2048 (lavapipe); nothing below.
// A first comparison of 24 and 32 rows and of 3 and 4 quads gained nothing. matmul.wgsl, without sharing: 3.7 and 1.2;
// matmul_tiled.wgsl: 3.5 and 0.8. With Dawn's clamps on: 12.4 and 2.7. Writing the rows in one loop instead of one
// store each halved the compile time on SwiftShader. Limited by loads and, with 64 or 128 sums a lane, by spilled
// registers.
enable subgroups;

struct Params { M: u32, N: u32, K: u32, A_batch: u32, B_batch: u32, has_bias: u32, relu: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> A: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> B: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> C: array<vec4<f32>>;

const S = 8u; // lanes of a subgroup: 4, 8, 16, 32, ...
const TM = 16u; // rows of a tile: 4, 8 or 16
const QUADS = 1u; // column quads of a lane: 1 or 2
const TRANS_A = false;
const TRANS_B = false;
const PACKED = false;

alias V = vec4<f32>;
alias Block = array<vec4<f32>, 4>; // 4 x 4 elements

fn transposed(r: Block) -> Block {
  let t = transpose(mat4x4<f32>(r[0], r[1], r[2], r[3]));
  return Block(t[0], t[1], t[2], t[3]);
}

/** Where in A the t-th of the tile's vec4s starts, at k = 0: row t, or with TRANS_A rows 4(t/4).. at k = t % 4. */
fn a_start(t: u32, row0: u32, base: u32) -> u32 {
  if (PACKED) { return (base + row0 * params.K) / 4u + t; }
  if (TRANS_A) { return (base + (t % 4u) * params.M + min(row0 + t / 4u * 4u, params.M - 4u)) / 4u; }
  return (base + min(row0 + t, params.M - 1u) * params.K) / 4u;
}

/** Where in B the quad of columns from col on starts, at k = 0. */
fn b_start(col: u32, base: u32) -> u32 {
  let width = 4u * S * QUADS;
  if (PACKED) { return (base + col / width * width * params.K + col % width) / 4u; }
  return (base + min(col, params.N - 4u) * select(1u, params.K, TRANS_B)) / 4u;
}

/** op(B)[k..k+3, n..n+3]; a row of the block is one k. */
fn load_b(start: u32, q: u32) -> Block {
  if (PACKED) {
    let i = start + 4u * q * S * QUADS;
    return Block(B[i], B[i + S * QUADS], B[i + 2u * S * QUADS], B[i + 3u * S * QUADS]);
  }
  if (TRANS_B) {
    let i = start + q;
    let step = params.K / 4u;
    return transposed(Block(B[i], B[i + step], B[i + 2u * step], B[i + 3u * step]));
  }
  let step = params.N / 4u;
  let i = start + q * params.N;
  return Block(B[i], B[i + step], B[i + 2u * step], B[i + 3u * step]);
}

/** c + sum over four k of a[k] b[k, n..n+3] */
fn fma4(a: V, b: Block, c: V) -> V {
  return fma(V(a.w), b[3], fma(V(a.z), b[2], fma(V(a.y), b[1], fma(V(a.x), b[0], c))));
}

fn fma_block(a: Block, b: Block, c: Block) -> Block {
  return Block(fma4(a[0], b, c[0]), fma4(a[1], b, c[1]), fma4(a[2], b, c[2]), fma4(a[3], b, c[3]));
}

/** Writes the tile's rows of one column quad, after bias and relu. */
fn store(tile: array<Block, 4>, row0: u32, col: u32, base: u32) {
  if (col >= params.N) { return; }
  var rows = tile;
  var add = V();
  if (params.has_bias != 0u) { add = bias[col / 4u]; }
  for (var r = 0u; r < min(TM, params.M - row0); r++) {
    let c = rows[r / 4u][r % 4u] + add;
    C[(base + (row0 + r) * params.N + col) / 4u] = select(c, V(), negative4(c) & vec4<bool>(params.relu != 0u));
  }
}

@compute @workgroup_size(S)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let row0 = group.y * TM;
  let col0 = group.x * 4u * S * QUADS + lane * 4u;
  let col1 = col0 + 4u * S;
  let a_base = group.z * params.A_batch;
  let a0 = a_start(lane % TM, row0, a_base);
  let a1 = a_start((lane + S) % TM, row0, a_base);
  let a2 = a_start((lane + 2u * S) % TM, row0, a_base);
  let a3 = a_start((lane + 3u * S) % TM, row0, a_base);
  let b0 = b_start(col0, group.z * params.B_batch);
  let b1 = b_start(col1, group.z * params.B_batch);
  let a_step = select(select(1u, params.M, TRANS_A), TM, PACKED);
  var c0: Block; var c1: Block; var c2: Block; var c3: Block; // column quad 0; rows 0..3, 4..7, 8..11, 12..15
  var d0: Block; var d1: Block; var d2: Block; var d3: Block; // column quad 1

  for (var q = 0u; q < params.K / 4u; q++) {
    var a: array<V, 4>;
    a[0] = A[a0 + q * a_step];
    if (TM > S) { a[1] = A[a1 + q * a_step]; }
    if (TM > 2u * S) { a[2] = A[a2 + q * a_step]; a[3] = A[a3 + q * a_step]; }
    let b = load_b(b0, q);
    var e: Block;
    if (QUADS > 1u) { e = load_b(b1, q); }

    var r = Block(subgroupBroadcast(a[0], 0u), subgroupBroadcast(a[1u / S], 1u % S),
        subgroupBroadcast(a[2u / S], 2u % S), subgroupBroadcast(a[3u / S], 3u % S));
    if (TRANS_A) { r = transposed(r); }
    c0 = fma_block(r, b, c0);
    if (QUADS > 1u) { d0 = fma_block(r, e, d0); }
    if (TM > 4u) {
      r = Block(subgroupBroadcast(a[4u / S], 4u % S), subgroupBroadcast(a[5u / S], 5u % S),
          subgroupBroadcast(a[6u / S], 6u % S), subgroupBroadcast(a[7u / S], 7u % S));
      if (TRANS_A) { r = transposed(r); }
      c1 = fma_block(r, b, c1);
      if (QUADS > 1u) { d1 = fma_block(r, e, d1); }
    }
    if (TM > 8u) {
      r = Block(subgroupBroadcast(a[8u / S], 8u % S), subgroupBroadcast(a[9u / S], 9u % S),
          subgroupBroadcast(a[10u / S], 10u % S), subgroupBroadcast(a[11u / S], 11u % S));
      if (TRANS_A) { r = transposed(r); }
      c2 = fma_block(r, b, c2);
      if (QUADS > 1u) { d2 = fma_block(r, e, d2); }
      r = Block(subgroupBroadcast(a[12u / S], 12u % S), subgroupBroadcast(a[13u / S], 13u % S),
          subgroupBroadcast(a[14u / S], 14u % S), subgroupBroadcast(a[15u / S], 15u % S));
      if (TRANS_A) { r = transposed(r); }
      c3 = fma_block(r, b, c3);
      if (QUADS > 1u) { d3 = fma_block(r, e, d3); }
    }
  }

  let c_base = group.z * params.M * params.N;
  store(array<Block, 4>(c0, c1, c2, c3), row0, col0, c_base);
  if (QUADS > 1u) { store(array<Block, 4>(d0, d1, d2, d3), row0, col1, c_base); }
}
