// Weight and bias gradient of a convolution, first pass: what conv2d_dw_subgroup.wgsl, conv2d_dw_tiled.wgsl and
// conv2d_dw.wgsl share; they append this file. The sums over the part z of the outputs of
//
//   dw[o, c, i, j] = sum over n, oh, ow of dy[n, o, oh, ow] x[n, c, oh SH + i DH - top, ow SW + j DW - left]
//   db[o] = sum over n, oh, ow of dy[n, o, oh, ow]
//
// conv2d_dw_reduce.wgsl adds the parts, always in the same order. convTranspose2d exchanges the roles of x and dy.
//
// Shapes: N images; x [N,C,H,W]; dy [N,O,OH,OW]; groups of Cg input and Og output channels; KH x KW taps; K = Cg KH KW;
// partial [parts, O K + O]: the weight sums of a part, then its bias sums. A segment is four neighbouring outputs of a
// row; there are N OH ceil(OW/4), and part z takes part_segments of them.
// A column block is one kernel row (c, i) with ROW_TAPS, else four k = (c KH + i) KW + j.
// WIDE (with E = vec4<f32>) needs OW % 4 == 0. ROW_TAPS needs DW == 1, KW == TAPS (2 to 4) and SW == STRIDE (1 or 2).
struct Params {
  N: u32, C: u32, H: u32, W: u32, O: u32, OH: u32, OW: u32, SH: u32, SW: u32, DH: u32, DW: u32, top: i32, left: i32,
  KH: u32, KW: u32, Cg: u32, Og: u32, part_segments: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<E>;
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;

const ROW_TAPS = false;
const STRIDE = 1u;
const TAPS = 4u; // KW with ROW_TAPS, else 4
const WIDE = false;
const POINTWISE = false; // a 1x1 kernel: a tap is a channel, and no division finds it
alias E = f32; // vec4<f32> with WIDE

/** dy[at..at+3], at = [n, o, oh, ow]; 0 beyond the row. V(E) makes both element types a vec4. */
fn load_dy(at: u32, ow: u32) -> V {
  if (WIDE) { return V(dy[at / 4u]); }
  let left = params.OW - ow;
  let v = V(V(dy[at]).x, V(dy[at + select(0u, 1u, left > 1u)]).y, V(dy[at + select(0u, 2u, left > 2u)]).z,
      V(dy[at + select(0u, 3u, left > 3u)]).w);
  return select(V(), v, vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(left));
}

/** Inputs of tap k for the outputs [n, oh, ow..ow+3]; plane = x[n, first channel of the group, 0, 0]. */
fn load_tap(plane: u32, oh: u32, ow: u32, k: u32) -> V {
  var c = k;
  var i = 0u;
  var j = 0u;
  if (!POINTWISE) {
    c = k / (params.KH * params.KW);
    i = k / params.KW % params.KH;
    j = k % params.KW;
  }
  let h = i32(oh * params.SH + i * params.DH) - params.top;
  let w = i32(ow * params.SW + j * params.DW) - params.left;
  let inside = (u32(h) < params.H) & (c < params.Cg);
  let row = i32(plane + c * params.H * params.W) + h * i32(params.W);
  return four_pixels(row, w, inside);
}

/** Inputs of column block b for the outputs [n, oh, ow..ow+3]. */
fn load_block(plane: u32, oh: u32, ow: u32, b: u32) -> Block {
  if (ROW_TAPS) {
    let c = b / params.KH;
    let h = i32(oh * params.SH + b % params.KH * params.DH) - params.top;
    let row = i32(plane + c * params.H * params.W) + h * i32(params.W);
    return row_block(row, i32(ow * params.SW) - params.left, (u32(h) < params.H) & (c < params.Cg));
  }
  return Block(load_tap(plane, oh, ow, 4u * b), load_tap(plane, oh, ow, 4u * b + 1u),
      load_tap(plane, oh, ow, 4u * b + 2u), load_tap(plane, oh, ow, 4u * b + 3u));
}

fn dot4(a: V, b: V, c: f32) -> f32 { return fma(a.w, b.w, fma(a.z, b.z, fma(a.y, b.y, fma(a.x, b.x, c)))); }

/** c + sum over the four outputs of d b, for each tap */
fn taps(d: V, b: Block, c: V) -> V {
  let two = V(dot4(d, b[0], c.x), dot4(d, b[1], c.y), 0.0, 0.0);
  if (TAPS == 2u) { return two; }
  let three = V(two.x, two.y, dot4(d, b[2], c.z), 0.0);
  if (TAPS == 3u) { return three; }
  return V(three.x, three.y, three.z, dot4(d, b[3], c.w));
}

fn fma_block(d: Block, b: Block, c: Block) -> Block {
  return Block(taps(d[0], b, c[0]), taps(d[1], b, c[1]), taps(d[2], b, c[2]), taps(d[3], b, c[3]));
}

/**
 * The taps of a column block for output channel o, over a part, without the outputs beyond a row: they have the
 * gradient
 * 0, which is harmless unless an input is not finite. Only then this is called.
 */
fn sum_again(o: u32, b: u32, part: u32) -> V {
  let across = (params.OW + 3u) / 4u;
  let first = part * params.part_segments;
  let end = min(first + params.part_segments, params.N * params.OH * across);
  var sum: V;
  for (var e = 4u * first; e < 4u * end; e++) { // output e % 4 of segment e / 4
    let row = e / 4u / across; // = n OH + oh
    let n = row / params.OH;
    let ow = e - 4u * row * across;
    if (ow >= params.OW) { continue; }
    let d = V(dy[((n * params.O + o) * params.OH + row % params.OH) * params.OW + ow]).x;
    for (var j = 0u; j < TAPS; j++) {
      let k = b * TAPS + j; // = (c KH + i) KW + tap
      let c = k / params.KW / params.KH;
      let h = i32(row % params.OH * params.SH + k / params.KW % params.KH * params.DH) - params.top;
      let plane = i32((n * params.C + o / params.Og * params.Cg + c) * params.H * params.W);
      let w = i32(ow * params.SW + k % params.KW * params.DW) - params.left;
      sum[j] = fma(d, pixel(plane + h * i32(params.W), w, (u32(h) < params.H) & (c < params.Cg)), sum[j]);
    }
  }
  return sum;
}

/** Writes the taps of a column block for output channel o. */
fn store(v: V, o: u32, b: u32, base: u32) {
  let K = params.Cg * params.KH * params.KW;
  var u = v;
  if (!WIDE && any(!finite(v))) { u = sum_again(o, b, base / (params.O * K + params.O)); }
  for (var j = 0u; j < TAPS; j++) {
    if (b * TAPS + j < K) { partial[base + o * K + b * TAPS + j] = u[j]; }
  }
}
