// conv2d without subgroups or workgroup memory: one invocation makes eight output channels of one segment of four
// outputs.
// To this file belongs conv2d_input.wgsl, with the formula, the bindings and the loads.
//
// Grid: [gx, gy, ceil(Rg / 8) groups], gx gy >= ceil(segments / WG).
// The variant for every adapter and for depthwise convolutions; conv2d_subgroup.wgsl (software adapters) and
// conv2d_tiled.wgsl (GPUs) share the weights between invocations. Measured: see conv2d_subgroup.wgsl.
// RADV for an RX 7900 (bench --isa, docs/performance.md): 48 to 60 registers, 24 to 32 waves, nothing spilled, 11
// vector instructions for one of memory.
const WG = 64u;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let row_tiles = (params.Rg + 7u) / 8u;
  let g = group.z / row_tiles;
  let row0 = group.z % row_tiles * 8u;
  let s = segment((group.y * groups.x + group.x) * WG + local, g);
  if (!s.inside) { return; }
  let w = (g * params.Rg + row0) * params.quads;
  let last = params.R * params.quads - 1u; // rows beyond the tensor repeat its last quad and are not stored
  var c0: Block; var c1: Block; // channels 0..3, 4..7

  var t = vec3<u32>(0u);
  for (var q = 0u; q < params.quads; q++) {
    let b = load_quad(s, t);
    t = next_quad(t);
    c0 = fma_block(load_weights(w + q, last), b, c0);
    if (row0 + 4u < params.Rg) { c1 = fma_block(load_weights(w + 4u * params.quads + q, last), b, c1); }
  }

  var c = array<Block, 2>(c0, c1);
  for (var m = 0u; m < min(8u, params.Rg - row0); m++) { store_row(c[m / 4u][m % 4u], s, row0 + m, g); }
}

/** One quad of four channels. */
fn load_weights(at: u32, last: u32) -> Block {
  let step = params.quads;
  return Block(wp[at], wp[min(at + step, last)], wp[min(at + 2u * step, last)], wp[min(at + 3u * step, last)]);
}
