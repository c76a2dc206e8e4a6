// Weight and bias gradient of a convolution, first pass, by subgroup broadcast: one subgroup makes TM output channels x
// (QUADS S) column blocks of one part. To this file belongs conv2d_dw_input.wgsl, with formula, bindings and loads.
//
// Grid: [ceil(column blocks / (S QUADS)), ceil(Og / TM) groups, parts]; workgroup = one subgroup of exactly S lanes.
//
// Idea: as matmul_subgroup.wgsl, summed over the outputs: each lane loads dy of other channels as vec4 along the row
// and broadcasts it; a lane owns QUADS column blocks, so the inputs it loads for a kernel row serve all the row's taps.
// The bias sums cost one addition for each load of dy.
//
// Measured (batch 128, one EPYC core, Dawn's clamps off), GFLOP/s; QUADS 1 on lavapipe, 2 on SwiftShader where there
// are 8 column blocks or more (1.4 times 1):
//                              lavapipe   SwiftShader   conv2d_dw.wgsl, without sharing
//   64-64    32x32 k3 (b 32)   12.1       3.5           -
//   16-32    14x14 k3          11.1       2.7           2.1 and 1.0
//   8-32     28x28 k4 s2        9.2       2.9           2.2 and 1.0
//   1-16     28x28 k3           4.6       1.7           0.7 and 0.2   (three column blocks: most lanes of lavapipe
// idle)
// Kernel rows as columns instead of single taps load each input once for all taps of the row. Three taps are summed as
// three, not as four with a zero. Limited by loads and, as all of these, by sums spilled to memory.
enable subgroups;

const S = 8u; // lanes of a subgroup
const TM = 16u; // output channels of a tile: 4, 8 or 16
const QUADS = 1u; // column blocks of a lane: 1 or 2

@compute @workgroup_size(S)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let row_tiles = (params.Og + TM - 1u) / TM;
  let g = group.y / row_tiles;
  let row0 = group.y % row_tiles * TM;
  let block = group.x * S * QUADS + lane;
  let across = (params.OW + 3u) / 4u;
  let area = params.OH * params.OW;
  let o0 = (g * params.Og + min(row0 + lane % TM, params.Og - 1u)) * area;
  let o1 = (g * params.Og + min(row0 + (lane + S) % TM, params.Og - 1u)) * area;
  let o2 = (g * params.Og + min(row0 + (lane + 2u * S) % TM, params.Og - 1u)) * area;
  let o3 = (g * params.Og + min(row0 + (lane + 3u * S) % TM, params.Og - 1u)) * area;
  var c0: Block; var c1: Block; var c2: Block; var c3: Block; // block 0; channels 0..3, 4..7, 8..11, 12..15
  var e0: Block; var e1: Block; var e2: Block; var e3: Block; // block 1
  var sums: array<V, 4>; // of dy, for the bias

  let first = group.z * params.part_segments;
  let end = min(first + params.part_segments, params.N * params.OH * across);
  var ow = first % across * 4u;
  var oh = first / across % params.OH;
  var n = first / (across * params.OH);
  for (var segment = first; segment < end; segment++) {
    let at = n * params.O * area + oh * params.OW + ow;
    var d: array<V, 4>;
    d[0] = load_dy(o0 + at, ow);
    if (TM > S) { d[1] = load_dy(o1 + at, ow); }
    if (TM > 2u * S) { d[2] = load_dy(o2 + at, ow); d[3] = load_dy(o3 + at, ow); }
    sums[0] += d[0]; sums[1] += d[1]; sums[2] += d[2]; sums[3] += d[3];
    let plane = (n * params.C + g * params.Cg) * params.H * params.W;
    let b = load_block(plane, oh, ow, block);
    var f: Block;
    if (QUADS > 1u) { f = load_block(plane, oh, ow, block + S); }

    var r = Block(subgroupBroadcast(d[0], 0u), subgroupBroadcast(d[1u / S], 1u % S),
        subgroupBroadcast(d[2u / S], 2u % S), subgroupBroadcast(d[3u / S], 3u % S));
    c0 = fma_block(r, b, c0);
    if (QUADS > 1u) { e0 = fma_block(r, f, e0); }
    if (TM > 4u) {
      r = Block(subgroupBroadcast(d[4u / S], 4u % S), subgroupBroadcast(d[5u / S], 5u % S),
          subgroupBroadcast(d[6u / S], 6u % S), subgroupBroadcast(d[7u / S], 7u % S));
      c1 = fma_block(r, b, c1);
      if (QUADS > 1u) { e1 = fma_block(r, f, e1); }
    }
    if (TM > 8u) {
      r = Block(subgroupBroadcast(d[8u / S], 8u % S), subgroupBroadcast(d[9u / S], 9u % S),
          subgroupBroadcast(d[10u / S], 10u % S), subgroupBroadcast(d[11u / S], 11u % S));
      c2 = fma_block(r, b, c2);
      if (QUADS > 1u) { e2 = fma_block(r, f, e2); }
      r = Block(subgroupBroadcast(d[12u / S], 12u % S), subgroupBroadcast(d[13u / S], 13u % S),
          subgroupBroadcast(d[14u / S], 14u % S), subgroupBroadcast(d[15u / S], 15u % S));
      c3 = fma_block(r, b, c3);
      if (QUADS > 1u) { e3 = fma_block(r, f, e3); }
    }
    ow += 4u;
    if (ow >= params.OW) { ow = 0u; oh++; }
    if (oh == params.OH) { oh = 0u; n++; }
  }

  let weights = params.O * params.Cg * params.KH * params.KW;
  let base = group.z * (weights + params.O);
  let rows = min(TM, params.Og - row0);
  var c = array<Block, 4>(c0, c1, c2, c3);
  var e = array<Block, 4>(e0, e1, e2, e3);
  for (var m = 0u; m < rows; m++) {
    store(c[m / 4u][m % 4u], g * params.Og + row0 + m, block, base);
    if (QUADS > 1u) { store(e[m / 4u][m % 4u], g * params.Og + row0 + m, block + S, base); }
  }
  for (var m = 0u; m < 4u; m++) {
    let r = lane + m * S;
    if ((group.x == 0u) & (r < rows)) { partial[base + weights + g * params.Og + row0 + r] = dot(sums[m], V(1.0)); }
  }
}
