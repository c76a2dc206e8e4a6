// conv2d by tiles in workgroup memory, for GPUs: one workgroup makes 4 TY ROWS output channels x 16 SEGS segments of
// four outputs. To this file belongs conv2d_input.wgsl, with the formula, the bindings and the loads; needs ROW_TAPS 0.
//
// Grid: [gx, gy, ceil(Rg / (4 TY ROWS)) groups], gx gy >= ceil(segments / (16 SEGS)); workgroup 16 x TY.
//
// Idea: implicit GEMM, 16 taps at a time: the weights [tap][channel] and the inputs [tap][output] lie in workgroup
// memory as vec4, a thread sums 4 ROWS channels x 4 SEGS outputs. TY and ROWS follow the number of channels, so that a
// layer of 16 channels does not leave most of the tile empty.
//
// Measured on an H100 by timestamps, batch 128, TFLOP/s:  64-64 32x32   128-128 16x16   512-512 4x4   64-128 s2   3-64
//   ROWS 1, SEGS 1                                         23.1          22.5            18.0          20.7        7.3
//   ROWS 2, SEGS 2                                         21.9          24.0            10.9          20.8        5.9
// winograd_tiles.wgsl and matmul_tiled.wgsl together: 29.0, 47.5, 41.6 on the first three. On a lavapipe core 0.2 to
// 1.8
// GFLOP/s.
// RADV for an RX 7900 (bench --isa, docs/performance.md): 48 registers and 32 waves, with ROWS 2, SEGS 2 96 and 8 to
// 12; nothing spilled; 26 vector instructions for one of memory, with ROWS 2, SEGS 2 only 11: the rest goes to
// addresses and borders.
const TY = 16u; // 4, 8 or 16
const ROWS = 1u; // channel quads of a thread: 1 or 2
const SEGS = 1u; // segments of a thread: 1 or 2
const THREADS = 16u * TY;
const ROW_QUADS = TY * ROWS; // channel quads of the tile
const TILE_SEGS = 16u * SEGS;

alias Held = f32; // what the tiles hold: f32, or f16 for half precision; the sums are f32
alias Quad = vec4<Held>;

var<workgroup> ws: array<Quad, 16u * ROW_QUADS>; // [tap][channel / 4]
var<workgroup> xs: array<Quad, 16u * TILE_SEGS>; // [tap][segment]

/** c + the outer product of four channels' weights and four inputs */
fn outer(w: V, v: V, c: Block) -> Block {
  return Block(fma(V(w.x), v, c[0]), fma(V(w.y), v, c[1]), fma(V(w.z), v, c[2]), fma(V(w.w), v, c[3]));
}

fn store_block(c: Block, s: Segment, row: u32, g: u32) {
  var rows = c;
  for (var m = 0u; m < 4u; m++) {
    if (row + m < params.Rg) { store_row(rows[m], s, row + m, g); }
  }
}

@compute @workgroup_size(16, TY)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_id) local: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let row_tiles = (params.Rg + 4u * ROW_QUADS - 1u) / (4u * ROW_QUADS);
  let g = group.z / row_tiles;
  let row0 = group.z % row_tiles * 4u * ROW_QUADS;
  let first = (group.y * groups.x + group.x) * TILE_SEGS;
  let load_s = segment(first + index % TILE_SEGS, g); // a thread loads the same segment for every tap
  let area = params.KH * params.KW;
  var c00: Block; var c01: Block; var c10: Block; var c11: Block;

  for (var q0 = 0u; q0 < params.quads; q0 += 4u) {
    workgroupBarrier();
    for (var e = index; e < 16u * ROW_QUADS; e += THREADS) { // a row's quad of four taps
      let row = e / 4u;
      let q = q0 + e % 4u;
      var w = V();
      if (row0 + row < params.Rg && q < params.quads) { w = wp[(g * params.Rg + row0 + row) * params.quads + q]; }
      for (var i = 0u; i < 4u; i++) { ws[(e % 4u * 4u + i) * ROW_QUADS + row / 4u][row % 4u] = Held(w[i]); }
    }
    for (var e = index; e < 16u * TILE_SEGS; e += THREADS) {
      let k = q0 * 4u + e / TILE_SEGS;
      xs[e] = Quad(load_tap(load_s, vec3<u32>(k / area, k / params.KW % params.KH, k % params.KW)));
    }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) {
      let w0 = V(ws[k * ROW_QUADS + local.y]);
      let v0 = V(xs[k * TILE_SEGS + local.x]);
      c00 = outer(w0, v0, c00);
      if (SEGS > 1u) { c01 = outer(w0, V(xs[k * TILE_SEGS + local.x + 16u]), c01); }
      if (ROWS > 1u) {
        let w1 = V(ws[k * ROW_QUADS + local.y + TY]);
        c10 = outer(w1, v0, c10);
        if (SEGS > 1u) { c11 = outer(w1, V(xs[k * TILE_SEGS + local.x + 16u]), c11); }
      }
    }
  }

  let row = row0 + 4u * local.y;
  let s0 = segment(first + local.x, g);
  store_block(c00, s0, row, g);
  if (ROWS > 1u) { store_block(c10, s0, row + 4u * TY, g); }
  if (SEGS > 1u) {
    let s1 = segment(first + local.x + 16u, g);
    store_block(c01, s1, row, g);
    if (ROWS > 1u) { store_block(c11, s1, row + 4u * TY, g); }
  }
}
