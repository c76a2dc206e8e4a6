// The inputs of a gather convolution: shared by conv2d_subgroup.wgsl, conv2d_tiled.wgsl and conv2d.wgsl, which append
// it.
//
//   y[n, r, oh OSH + ph, ow OSW + pw] = bias[r] + sum over c, i, j of
//     wp[r, c, i, j] x[n, c, oh SH + i DH - top, ow SW + j DW - left]           with an optional relu
//
// This is conv2d's forward pass as it stands. Its input gradient, and so the forward pass of convTranspose2d, is one
// such sum for every phase of the stride, each with its own taps: no inserted zero is multiplied (but see the fold).
//
// Shapes: N images; x [N,C,H,W]; y [N,R,YH,YW]; groups of Cg input and Rg output channels; KH x KW taps; OH x OW the
// outputs of this dispatch, at every OSH-th row from ph and every OSW-th column from pw. wp [R, quads, 4] and ROW_TAPS
// as conv2d_pack.wgsl makes them: the summed dimension in quads of four taps. ROW_TAPS 1, 2 or 4 needs DW == 1 and
// SW == STRIDE <= 2; ROW_TAPS 0 takes everything.
// A fold makes FOLD_H x FOLD_W neighbouring outputs from one window, as if they were channels (row of the tile =
// (r FOLD_H + a) FOLD_W + b): where a group has one output channel, tiles stay full and an input is loaded fewer times;
// with the stride as the fold, all phases of an input gradient are one dispatch. Then R and Rg count rows of the tile.
// A segment is four neighbouring outputs of a row; there are N OH ceil(OW/4) of them.
//
// With ROW_TAPS the inputs under a kernel row are loaded once and serve all its taps: 6 loads instead of 12 for 3 taps
// and 4 outputs at stride 1, 10 instead of 16 for 4 taps at stride 2. Measured on 16-32 14x14 k3: 1.7 times
// (lavapipe), 1.2 times (SwiftShader). The fold: the gradient of 1-16 28x28 k3 to its input 15.2 -> 6.7 ms (lavapipe),
// 56 -> 28 ms (SwiftShader).
struct Params {
  N: u32, C: u32, H: u32, W: u32, R: u32, YH: u32, YW: u32, OH: u32, OW: u32,
  OSH: u32, OSW: u32, ph: u32, pw: u32, SH: u32, SW: u32, DH: u32, DW: u32, top: i32, left: i32,
  KH: u32, KW: u32, Cg: u32, Rg: u32, quads: u32, has_bias: u32, relu: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> wp: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

const ROW_TAPS = 0u;
const STRIDE = 1u; // SW, where ROW_TAPS is not 0
const FOLD_H = 1u;
const FOLD_W = 1u;
const TAPS = 4u; // KW (3 or 4) where ROW_TAPS is 4; else ROW_TAPS, or 4 where that is 0

/** Four neighbouring outputs: where they read and write. */
struct Segment {
  plane: u32, // x[n, first channel of the group, 0, 0]
  h: i32, // input row of tap 0
  w: i32, // input column of tap 0 of the first output
  plane_out: u32, // y[n, first channel of the group, 0, 0]
  h_out: u32, // row and column of the first output
  w_out: u32,
  inside: bool, // whether there is such a segment
}

fn segment(index: u32, g: u32) -> Segment {
  let across = (params.OW + 3u) / 4u;
  let row = index / across;
  let image = row / params.OH;
  let ow = (index - row * across) * 4u;
  let oh = row - image * params.OH;
  let n = min(image, params.N - 1u);
  var s: Segment;
  s.plane = (n * params.C + g * params.Cg) * params.H * params.W;
  s.h = i32(oh * params.SH) - params.top;
  s.w = i32(ow * params.SW) - params.left;
  s.plane_out = (n * params.R + g * params.Rg) / (FOLD_H * FOLD_W) * params.YH * params.YW;
  s.h_out = oh * params.OSH + params.ph;
  s.w_out = ow * params.OSW + params.pw;
  s.inside = index < params.N * params.OH * across;
  return s;
}

/** The kernel row t = (c, i, -): block[j] = the inputs of tap j for the four outputs. */
fn load_row(s: Segment, t: vec3<u32>) -> Block {
  let h = s.h + i32(t.y * params.DH);
  let inside = (u32(h) < params.H) & (t.x < params.Cg);
  let row = i32(s.plane + t.x * params.H * params.W) + h * i32(params.W);
  return row_block(row, s.w, inside);
}

/** The inputs of tap t = (c, i, j) for the four outputs. */
fn load_tap(s: Segment, t: vec3<u32>) -> V {
  let h = s.h + i32(t.y * params.DH);
  let inside = (u32(h) < params.H) & (t.x < params.Cg);
  let row = i32(s.plane + t.x * params.H * params.W) + h * i32(params.W);
  let w = s.w + i32(t.z * params.DW);
  return four_pixels(row, w, inside);
}

/** The tap after t in the order c, i, j. */
fn next(t: vec3<u32>) -> vec3<u32> {
  let j = select(t.z + 1u, 0u, t.z + 1u == params.KW);
  let i = select(t.y, select(t.y + 1u, 0u, t.y + 1u == params.KH), j == 0u);
  return vec3<u32>(t.x + select(0u, 1u, (j | i) == 0u), i, j);
}

/** The kernel row after t. */
fn next_row(t: vec3<u32>) -> vec3<u32> {
  return select(vec3<u32>(t.x, t.y + 1u, 0u), vec3<u32>(t.x + 1u, 0u, 0u), t.y + 1u == params.KH);
}

/** The four taps of a quad; t is the first of them. */
fn load_quad(s: Segment, t: vec3<u32>) -> Block {
  if (ROW_TAPS == 4u) { return load_row(s, t); }
  if (ROW_TAPS == 2u) {
    let a = load_row(s, t);
    let b = load_row(s, next_row(t));
    return Block(a[0], a[1], b[0], b[1]);
  }
  if (ROW_TAPS == 1u) {
    let t1 = next_row(t);
    let t2 = next_row(t1);
    return Block(load_row(s, t)[0], load_row(s, t1)[0], load_row(s, t2)[0], load_row(s, next_row(t2))[0]);
  }
  let t1 = next(t);
  let t2 = next(t1);
  return Block(load_tap(s, t), load_tap(s, t1), load_tap(s, t2), load_tap(s, next(t2)));
}

/** The first tap of the quad after the one that starts with t. */
fn next_quad(t: vec3<u32>) -> vec3<u32> {
  if (ROW_TAPS == 4u) { return next_row(t); }
  if (ROW_TAPS == 2u) { return next_row(next_row(t)); }
  if (ROW_TAPS == 1u) { return next_row(next_row(next_row(next_row(t)))); }
  return next(next(next(next(t))));
}

/**
 * The sum for row r without the taps that its place in the fold does not have: they have the weight -0, which is
 * harmless unless an input is not finite. Only then this is called.
 */
fn sum_again(s: Segment, r: u32, g: u32) -> V {
  let row_taps = select(params.KW, ROW_TAPS, ROW_TAPS > 0u);
  var c: V;
  for (var e = 0u; e < 4u * params.quads; e++) {
    let w = wp[(g * params.Rg + r) * params.quads + e / 4u][e % 4u];
    let channel = e / row_taps / params.KH;
    if (missing(w) || channel >= params.Cg) { continue; }
    let h = s.h + i32(e / row_taps % params.KH * params.DH);
    let row = i32(s.plane + channel * params.H * params.W) + h * i32(params.W);
    for (var k = 0u; k < 4u; k++) {
      let x_column = s.w + i32(k * params.SW + e % row_taps * params.DW);
      c[k] = fma(w, pixel(row, x_column, u32(h) < params.H), c[k]);
    }
  }
  return c;
}
fn missing(w: f32) -> bool { return bitcast<u32>(w) == 0x80000000u; }

/** y = bias + v, after relu, at a segment's outputs for row r of group g. Needs r < Rg. */
fn store_row(v: V, s: Segment, r: u32, g: u32) {
  let channel = r / (FOLD_H * FOLD_W);
  let h = s.h_out + r / FOLD_W % FOLD_H;
  let w = s.w_out + r % FOLD_W;
  var add = 0.0;
  if (params.has_bias != 0u) { add = bias[g * params.Rg / (FOLD_H * FOLD_W) + channel]; }
  var sum = v;
  if (FOLD_H * FOLD_W > 1u && any(!finite(v))) { sum = sum_again(s, r, g); }
  sum += add;
  let u = select(sum, V(), negative4(sum) & vec4<bool>(params.relu != 0u));
  let out = s.plane_out + (channel * params.YH + h) * params.YW + w;
  let end = select(0u, params.YW, s.inside & (h < params.YH));
  if (w < end) { y[out] = u.x; }
  if (w + params.OSW < end) { y[out + params.OSW] = u.y; }
  if (w + 2u * params.OSW < end) { y[out + 2u * params.OSW] = u.z; }
  if (w + 3u * params.OSW < end) { y[out + 3u * params.OSW] = u.w; }
}

/** c + sum over the four taps of w b */
fn fma4(w: V, b: Block, c: V) -> V {
  let sum = fma(V(w.z), b[2], fma(V(w.y), b[1], fma(V(w.x), b[0], c)));
  if (TAPS == 3u) { return sum; }
  return fma(V(w.w), b[3], sum);
}

fn fma_block(w: Block, b: Block, c: Block) -> Block {
  return Block(fma4(w[0], b, c[0]), fma4(w[1], b, c[1]), fma4(w[2], b, c[2]), fma4(w[3], b, c[3]));
}
