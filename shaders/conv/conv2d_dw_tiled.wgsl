// Weight and bias gradient of a convolution, first pass, by tiles in workgroup memory, for GPUs: one workgroup makes
// 4 TY output channels x 64 taps of one part. To this file belongs conv2d_dw_input.wgsl; needs ROW_TAPS false.
//
// Grid: [ceil(column blocks / 16), ceil(Og / (4 TY)) groups, parts]; workgroup 16 x TY.
//
// Idea: a matrix product summed over the outputs, 16 of them (four segments) at a time: dy [output][channel] and the
// inputs [output][tap] lie in workgroup memory as vec4; a thread sums four channels x four taps. The many parts fill
// the chip where a layer has few weights.
//
// Measured on an H100 by timestamps, batch 128, TFLOP/s: 17.6 (64-64, 32x32), 18.2 (128-128, 16x16), 15.9 (64-128,
// stride 2), 6.1 (32-64, 14x14, 4x4 taps, stride 2). A loop that indexes the sums themselves cost the last one five
// sixths of its speed: they lay in memory. On a lavapipe core 0.1 to 2 GFLOP/s.
// RADV for an RX 7900 (bench --isa, docs/performance.md): 60 registers, 24 waves, nothing spilled, 30 to 48 vector
// instructions for one of memory.
const TY = 16u; // 4, 8 or 16
const THREADS = 16u * TY;

alias Held = f32; // what the tiles hold: f32, or f16 for half precision; the sums are f32
alias Quad = vec4<Held>;

var<workgroup> ds: array<Quad, 16u * TY>; // [output][channel / 4]
var<workgroup> xs: array<Quad, 256>; // [output][tap / 4]
var<workgroup> bias_sums: array<f32, 16u * TY>; // [channel][segment % 4]

/** n, oh, ow of a segment */
fn output(segment: u32) -> vec3<u32> {
  let across = (params.OW + 3u) / 4u;
  return vec3<u32>(segment / (across * params.OH), segment / across % params.OH, segment % across * 4u);
}

@compute @workgroup_size(16, TY)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>,
        @builtin(local_invocation_index) index: u32) {
  let row_tiles = (params.Og + 4u * TY - 1u) / (4u * TY);
  let g = group.y / row_tiles;
  let row0 = group.y % row_tiles * 4u * TY;
  let area = params.OH * params.OW;
  let first = group.z * params.part_segments;
  let end = min(first + params.part_segments, params.N * params.OH * ((params.OW + 3u) / 4u));
  var c: Block;
  var sum = 0.0; // of dy, for the bias: channel index / 4, segments index % 4, + 4, ...

  for (var s0 = first; s0 < end; s0 += 4u) {
    workgroupBarrier();
    let row = row0 + index / 4u;
    var d = V();
    if (s0 + index % 4u < end && row < params.Og) {
      let o = output(s0 + index % 4u);
      d = load_dy((o.x * params.O + g * params.Og + row) * area + o.y * params.OW + o.z, o.z);
    }
    sum += d.x + d.y + d.z + d.w;
    for (var i = 0u; i < 4u; i++) { ds[(index % 4u * 4u + i) * TY + index / 16u][index / 4u % 4u] = Held(d[i]); }
    for (var e = index; e < 256u; e += THREADS) { // tap e / 4, segment e % 4
      var v = V();
      if (s0 + e % 4u < end) {
        let o = output(s0 + e % 4u);
        v = load_tap((o.x * params.C + g * params.Cg) * params.H * params.W, o.y, o.z, group.x * 64u + e / 4u);
      }
      for (var i = 0u; i < 4u; i++) { xs[(e % 4u * 4u + i) * 16u + e / 16u][e / 4u % 4u] = Held(v[i]); }
    }
    workgroupBarrier();
    for (var p = 0u; p < 16u; p++) {
      let dv = V(ds[p * TY + local.y]);
      let xv = V(xs[p * 16u + local.x]);
      c = Block(fma(V(dv.x), xv, c[0]), fma(V(dv.y), xv, c[1]), fma(V(dv.z), xv, c[2]), fma(V(dv.w), xv, c[3]));
    }
  }

  let weights = params.O * params.Cg * params.KH * params.KW;
  let base = group.z * (weights + params.O);
  var rows = c; // only this copy is indexed by a variable, so the sums stay in registers
  for (var m = 0u; m < 4u; m++) {
    let row = row0 + 4u * local.y + m;
    if (row < params.Og) { store(rows[m], g * params.Og + row, group.x * 16u + local.x, base); }
  }
  bias_sums[index] = sum;
  workgroupBarrier();
  if (group.x == 0u && index < 4u * TY && row0 + index < params.Og) {
    let four = V(bias_sums[4u * index], bias_sums[4u * index + 1u], bias_sums[4u * index + 2u],
        bias_sums[4u * index + 3u]);
    partial[base + weights + g * params.Og + row0 + index] = dot(four, V(1.0));
  }
}
