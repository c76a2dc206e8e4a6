// Weight and bias gradient of a convolution, first pass, without subgroups or workgroup memory: one invocation makes
// four output channels x one column block of one part. To this file belongs conv2d_dw_input.wgsl.
//
// Grid: [ceil(column blocks / 16), ceil(Og / 16) groups, parts]; workgroup 16 x 4: column blocks x channel quads.
// Measured: see conv2d_dw_subgroup.wgsl.
// RADV for an RX 7900 (bench --isa, docs/performance.md): 60 to 72 registers, 20 to 24 waves, nothing spilled, 10 to 15
// vector instructions for one of memory.
@compute @workgroup_size(16, 4)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let row_tiles = (params.Og + 15u) / 16u;
  let g = group.y / row_tiles;
  let row0 = (group.y % row_tiles * 4u + local.y) * 4u;
  let block = group.x * 16u + local.x;
  if (row0 >= params.Og) { return; }
  let across = (params.OW + 3u) / 4u;
  let area = params.OH * params.OW;
  let rows = min(4u, params.Og - row0);
  let o = (g * params.Og + row0) * area;
  let o1 = o + min(1u, rows - 1u) * area;
  let o2 = o + min(2u, rows - 1u) * area;
  let o3 = o + min(3u, rows - 1u) * area;
  var c: Block;
  var sums: Block; // of dy, for the bias

  let first = group.z * params.part_segments;
  let end = min(first + params.part_segments, params.N * params.OH * across);
  var ow = first % across * 4u;
  var oh = first / across % params.OH;
  var n = first / (across * params.OH);
  for (var segment = first; segment < end; segment++) {
    let at = n * params.O * area + oh * params.OW + ow;
    let d = Block(load_dy(o + at, ow), load_dy(o1 + at, ow), load_dy(o2 + at, ow), load_dy(o3 + at, ow));
    sums = Block(sums[0] + d[0], sums[1] + d[1], sums[2] + d[2], sums[3] + d[3]);
    c = fma_block(d, load_block((n * params.C + g * params.Cg) * params.H * params.W, oh, ow, block), c);
    ow += 4u;
    if (ow >= params.OW) { ow = 0u; oh++; }
    if (oh == params.OH) { oh = 0u; n++; }
  }

  let weights = params.O * params.Cg * params.KH * params.KW;
  let base = group.z * (weights + params.O);
  for (var m = 0u; m < rows; m++) {
    store(c[m], g * params.Og + row0 + m, block, base);
    if (block == 0u) { partial[base + weights + g * params.Og + row0 + m] = dot(sums[m], V(1.0)); }
  }
}
