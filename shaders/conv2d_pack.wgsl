// wp = the weights of a convolution as conv2d*.wgsl reads them: one row per output channel, in quads of four taps.
//
//   wp[row, e] = w[row / Rg * g_stride + row % Rg * r_stride + c * c_stride + (i0 + i i_step) w_row + j0 + j j_step]
//
// Shapes: rows = output channels of the gather convolution, Rg of them a group; c input channel of the group, Cg of
// them; KH x KW taps; wp [rows, 4 quads], zero where a quad has no tap. The order of a row is told by ROW_TAPS:
//   0     k = (c KH + i) KW + j, plainly, four a quad
//   2     a quad is two kernel rows of two taps: (i,0) (i,1) (i+1,0) (i+1,1)
//   4     a quad is one kernel row of up to four taps
// The strides make it serve the forward pass (as stored) and the input gradient (output and input channel exchanged,
// taps of one phase only, reversed: i_step and j_step negative). Grid: ceil(rows 4 quads / WG) folded over x and y.
struct Params {
  rows: u32, Rg: u32, Cg: u32, KH: u32, KW: u32, quads: u32,
  g_stride: u32, r_stride: u32, c_stride: u32, w_row: u32,
  i0: i32, i_step: i32, j0: i32, j_step: i32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> wp: array<f32>;

const ROW_TAPS = 0u;
override WG = 64u;

/** (c, i, j) of the e-th element of a row */
fn tap(e: u32) -> vec3<u32> {
  if (ROW_TAPS == 4u) { return vec3<u32>(e / 4u / params.KH, e / 4u % params.KH, e % 4u); }
  if (ROW_TAPS == 2u) {
    let pairs = (params.KH + 1u) / 2u;
    return vec3<u32>(e / 4u / pairs, e / 4u % pairs * 2u + e % 4u / 2u, e % 2u);
  }
  return vec3<u32>(e / (params.KH * params.KW), e / params.KW % params.KH, e % params.KW);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let at = (group.y * groups.x + group.x) * WG + local;
  let row = at / (4u * params.quads);
  if (row >= params.rows) { return; }
  let t = tap(at % (4u * params.quads)); // c, i, j
  if (t.x >= params.Cg || t.y >= params.KH || t.z >= params.KW) { wp[at] = 0.0; return; }
  let i = params.i0 + i32(t.y) * params.i_step;
  let j = params.j0 + i32(t.z) * params.j_step;
  let channel = row / params.Rg * params.g_stride + row % params.Rg * params.r_stride + t.x * params.c_stride;
  wp[at] = w[channel + u32(i) * params.w_row + u32(j)];
}
