// conv2d by subgroup broadcast: one subgroup makes TM output channels x (QUADS S) segments of four outputs. To this
// file belongs conv2d_input.wgsl, with the formula, the bindings and the loads.
//
// Grid: [gx, gy, ceil(Rg / TM) groups], gx gy >= ceil(segments / (S QUADS)); workgroup = one subgroup of exactly S
// lanes.
//
// Idea: matmul_subgroup.wgsl with the outputs as columns: a lane owns QUADS segments, loads the TM / S rows of weights
// that fall to it as vec4, and the subgroup broadcasts them.
//
// Measured (batch 128, one EPYC core, Dawn's clamps off), GFLOP/s forward / input gradient; QUADS 1 on lavapipe, 2 on
// SwiftShader (1 there: 0.8 of it; 2 on lavapipe: 0.85 of it, and twice the time to compile):
//                              lavapipe      SwiftShader     conv2d.wgsl, without sharing
//   64-64    32x32 k3 (b 32)   16.0 / 15.2   3.2 /  -        -
//   16-32    14x14 k3          13.1 / 14.3   2.8 / 2.9       4.6 and 1.4
//   8-32     28x28 k4 s2       12.3 /  9.3   2.7 / 2.2       3.2 and 1.5
//   1-16     28x28 k3           4.6 /  4.3   1.3 / 1.0       2.6 and 0.8
// TM 8 instead of 16: 0.7 to 0.95 of it, and half the time to compile (lavapipe 0.4 to 1.5 s a pipeline, cached on
// disk;
// SwiftShader 0.1 to 0.5 s). Limited by loads and spilled sums; with one input channel, which is three quads of taps,
// by finding the segments and storing y.
enable subgroups;

const S = 8u; // lanes of a subgroup
const TM = 16u; // output channels of a tile: 4, 8 or 16
const QUADS = 1u; // segments of a lane: 1 or 2

@compute @workgroup_size(S)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(subgroup_invocation_id) lane: u32) {
  let row_tiles = (params.Rg + TM - 1u) / TM;
  let g = group.z / row_tiles;
  let row0 = group.z % row_tiles * TM;
  let first = (group.y * groups.x + group.x) * S * QUADS + lane;
  let s = segment(first, g);
  let s2 = segment(first + S, g);
  let last = params.Rg - 1u;
  let w0 = (g * params.Rg + min(row0 + lane, last)) * params.quads;
  let w1 = (g * params.Rg + min(row0 + lane + S, last)) * params.quads;
  let w2 = (g * params.Rg + min(row0 + lane + 2u * S, last)) * params.quads;
  let w3 = (g * params.Rg + min(row0 + lane + 3u * S, last)) * params.quads;
  var c0: Block; var c1: Block; var c2: Block; var c3: Block; // segment 0; channels 0..3, 4..7, 8..11, 12..15
  var d0: Block; var d1: Block; var d2: Block; var d3: Block; // segment 1

  var t = vec3<u32>(0u);
  for (var q = 0u; q < params.quads; q++) {
    var w: array<V, 4>;
    w[0] = wp[w0 + q];
    if (TM > S) { w[1] = wp[w1 + q]; }
    if (TM > 2u * S) { w[2] = wp[w2 + q]; w[3] = wp[w3 + q]; }
    let b = load_quad(s, t);
    var e: Block;
    if (QUADS > 1u) { e = load_quad(s2, t); }
    t = next_quad(t);

    var r = Block(subgroupBroadcast(w[0], 0u), subgroupBroadcast(w[1u / S], 1u % S),
        subgroupBroadcast(w[2u / S], 2u % S), subgroupBroadcast(w[3u / S], 3u % S));
    c0 = fma_block(r, b, c0);
    if (QUADS > 1u) { d0 = fma_block(r, e, d0); }
    if (TM > 4u) {
      r = Block(subgroupBroadcast(w[4u / S], 4u % S), subgroupBroadcast(w[5u / S], 5u % S),
          subgroupBroadcast(w[6u / S], 6u % S), subgroupBroadcast(w[7u / S], 7u % S));
      c1 = fma_block(r, b, c1);
      if (QUADS > 1u) { d1 = fma_block(r, e, d1); }
    }
    if (TM > 8u) {
      r = Block(subgroupBroadcast(w[8u / S], 8u % S), subgroupBroadcast(w[9u / S], 9u % S),
          subgroupBroadcast(w[10u / S], 10u % S), subgroupBroadcast(w[11u / S], 11u % S));
      c2 = fma_block(r, b, c2);
      if (QUADS > 1u) { d2 = fma_block(r, e, d2); }
      r = Block(subgroupBroadcast(w[12u / S], 12u % S), subgroupBroadcast(w[13u / S], 13u % S),
          subgroupBroadcast(w[14u / S], 14u % S), subgroupBroadcast(w[15u / S], 15u % S));
      c3 = fma_block(r, b, c3);
      if (QUADS > 1u) { d3 = fma_block(r, e, d3); }
    }
  }

  var c = array<Block, 4>(c0, c1, c2, c3);
  var d = array<Block, 4>(d0, d1, d2, d3);
  for (var m = 0u; m < min(TM, params.Rg - row0); m++) {
    store_row(c[m / 4u][m % 4u], s, row0 + m, g);
    if (QUADS > 1u) { store_row(d[m / 4u][m % 4u], s2, row0 + m, g); }
  }
}
