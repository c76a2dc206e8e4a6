// Weight gradient of a convolution, first pass, as matrix_units.wgsl sums it: A the gradients [channel, output], B the
// inputs [output, tap], the sum over one part of the outputs. To this file belong that one and conv2d_dw_input.wgsl;
// needs ROW_TAPS false. The bias sums are not written.
//
// Grid: [ceil(taps / COLUMNS), ceil(Og / ROWS) groups, parts].
const A_BY_K = true;
const B_BY_K = true;

/** z counts the groups of a part. */
fn tile_of(group: vec3<u32>, _groups: vec3<u32>) -> vec3<u32> {
  let row_tiles = (params.Og + ROWS - 1u) / ROWS;
  return vec3<u32>(group.y % row_tiles, group.x, group.z * (params.O / params.Og) + group.y / row_tiles);
}

fn span(z: u32) -> vec2<u32> {
  let first = z / (params.O / params.Og) * params.part_segments;
  return 4u * vec2<u32>(first, min(first + params.part_segments, params.N * params.OH * ((params.OW + 3u) / 4u)));
}

fn load_a(row: u32, k: u32, end: u32, z: u32) -> V {
  if (row >= params.Og || k >= end) { return V(); }
  let o = output(k / 4u);
  let channel = z % (params.O / params.Og) * params.Og + row;
  return load_dy(((o.x * params.O + channel) * params.OH + o.y) * params.OW + o.z, o.z);
}

fn load_b(tap: u32, k: u32, end: u32, z: u32) -> V {
  if (k >= end) { return V(); }
  let o = output(k / 4u);
  let plane = o.x * params.C + z % (params.O / params.Og) * params.Cg;
  return load_tap(plane * params.H * params.W, o.y, o.z, tap);
}

fn store_quad(y: V, row: u32, tap: u32, z: u32) {
  if (row >= params.Og) { return; }
  let groups = params.O / params.Og;
  let base = z / groups * params.O * (params.Cg * params.KH * params.KW + 1u);
  store(y, z % groups * params.Og + row, tap / 4u, base);
}
