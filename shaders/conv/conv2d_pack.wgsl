// wp = the weights of a convolution as conv2d*.wgsl reads them: one row per output row of the tile, in quads of four
// taps.
//
//   wp[row, e] = w[r / channels * g_stride + r % channels * r_stride + c * c_stride + i w_cols + j]
//   with row = (r fold_h + a) fold_w + b,  i = i0 + y i_step + a i_fold,  j = j0 + x j_step + b j_fold
//
// Shapes: r output channel of the gather convolution, `channels` of them a group; a, b output row and column within a
// fold (see conv2d_input.wgsl); c input channel of the group, Cg of them; (y, x) tap of the KH x KW window; w has
// w_rows x w_cols taps; wp [rows, 4 quads], zero where there is no such tap. The order of a row is told by ROW_TAPS:
//   0     k = (c KH + y) KW + x, plainly, four a quad
//   1     a quad is four window rows (c, y) of one tap
//   2     a quad is two window rows of two taps: (y,0) (y,1) and those of the next row, which may be the next channel's
//   4     a quad is one window row of up to four taps
// The strides make it serve the forward pass (as stored) and the input gradient (output and input channel exchanged,
// taps in reverse, those of one phase of the stride, or of all phases in one fold).
// Grid: ceil(rows 4 quads / WG) folded over x and y.
// RADV for an RX 7900 (bench --isa, docs/performance.md): 36 to 48 registers, 32 waves, 65 to 83 vector instructions
// for one of memory: where an element stands takes divisions.
struct Params {
  rows: u32, channels: u32, Cg: u32, KH: u32, KW: u32, quads: u32,
  g_stride: u32, r_stride: u32, c_stride: u32, w_rows: i32, w_cols: i32, fold_h: u32, fold_w: u32,
  i0: i32, i_step: i32, i_fold: i32, j0: i32, j_step: i32, j_fold: i32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> wp: array<f32>;

const ROW_TAPS = 0u; // 0, 1, 2 or 4
const WG = 64u;

/** (c, y, x) of the e-th element of a row */
fn tap(e: u32) -> vec3<u32> {
  let taps = max(ROW_TAPS, 1u);
  if (ROW_TAPS > 0u) { return vec3<u32>(e / taps / params.KH, e / taps % params.KH, e % taps); }
  return vec3<u32>(e / (params.KH * params.KW), e / params.KW % params.KH, e % params.KW);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let at = (group.y * groups.x + group.x) * WG + local;
  let row = at / (4u * params.quads);
  if (row >= params.rows) { return; }
  let t = tap(at % (4u * params.quads));
  let r = row / (params.fold_h * params.fold_w);
  let i = params.i0 + i32(t.y) * params.i_step + i32(row / params.fold_w % params.fold_h) * params.i_fold;
  let j = params.j0 + i32(t.z) * params.j_step + i32(row % params.fold_w) * params.j_fold;
  var v = bitcast<f32>(0x80000000u); // -0 tells a tap that is not there from a weight of 0
  if (t.x < params.Cg && t.y < params.KH && t.z < params.KW && i >= 0 && i < params.w_rows && j >= 0
      && j < params.w_cols) {
    let channel = r / params.channels * params.g_stride + r % params.channels * params.r_stride + t.x * params.c_stride;
    let weight = w[channel + u32(i * params.w_cols + j)];
    v = select(weight, 0.0, weight == 0.0);
  }
  wp[at] = v;
}
