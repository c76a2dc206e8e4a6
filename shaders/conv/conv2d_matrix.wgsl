// A convolution that gathers, as matrix_units.wgsl sums it: A the weights [row, tap], B the inputs [tap, output]. To
// this file belong that one and conv2d_input.wgsl, with the formula, the bindings and the loads; needs ROW_TAPS 0.
//
// Grid: [gx, gy, ceil(Rg / ROWS) groups], gx gy >= ceil(segments / (COLUMNS / 4)).
const A_BY_K = true;
const B_BY_K = false;
const TAPS_H = 3u; // KH and KW, or 1 where there are none: a division by a constant is none
const TAPS_W = 3u;

fn tile_of(group: vec3<u32>, groups: vec3<u32>) -> vec3<u32> {
  let row_tiles = (params.Rg + ROWS - 1u) / ROWS;
  return vec3<u32>(group.z % row_tiles, group.y * groups.x + group.x, group.z / row_tiles);
}

fn span(_g: u32) -> vec2<u32> { return vec2<u32>(0u, 4u * params.quads); }

fn load_a(row: u32, k: u32, end: u32, g: u32) -> V {
  if (row >= params.Rg || k >= end) { return V(); }
  return wp[(g * params.Rg + row) * params.quads + k / 4u];
}

/** Taps from `end` on lie in channels that the group does not have. */
fn load_b(n: u32, k: u32, _end: u32, g: u32) -> V {
  return load_tap(segment(n / 4u, g), vec3<u32>(k / (TAPS_H * TAPS_W), k / TAPS_W % TAPS_H, k % TAPS_W));
}

fn store_quad(y: V, row: u32, n: u32, g: u32) {
  if (row < params.Rg) { store_row(y, segment(n / 4u, g), row, g); }
}
