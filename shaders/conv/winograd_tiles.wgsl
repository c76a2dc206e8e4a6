// Winograd's transforms of images, for the formulas of winograd.wgsl, which belongs to this file:
//
//   forward   V = B^T x B     [36, channels, tiles] of x, before the matrix product with the weights
//   backward  V = A dy A^T    [36, channels, tiles] of dy, for the weight gradient
//   main      y = A^T M A + bias, with an optional relu, of the products M [36, channels, tiles]
//
// x, dy, y [N, channels, H, W], of which the `images` from `first` on are taken; a tile is 4x4 outputs, across x down
// of them an image; `tiles` counts them all, rounded up to a multiple of 4, and what is beyond the images is 0. The 6x6
// inputs of a tile begin at (4 row - top, 4 column - left) and are 0 outside the image.
//
// Grid: [ceil(tiles / WG), 1, channels]; one tile a thread. Limited by loads and stores: 36 + 36 for
// 16 outputs, 36 + 16 back.
// RADV for an RX 7900 (bench --isa, docs/performance.md): 72 registers and 16 waves (inputs), 120 and 12 (outputs), 96
// and 16 (gradients); nothing spilled; 5 vector instructions for one of memory.
struct Params { images: u32, first: u32, channels: u32, H: u32, W: u32, across: u32, down: u32, tiles: u32, top: u32,
    left: u32, has_bias: u32, relu: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> V: array<f32>;
@group(0) @binding(3) var<storage, read> M: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

const WG: u32 = 32;

/** A thread's tile: where its channel's plane begins in x or y, its first row and column there, its place in V or M. */
struct Tile { plane: u32, h: u32, w: u32, at: u32, inside: bool }

/** Tile p of a channel; p < params.tiles. */
fn tile_of(p: u32, channel: u32) -> Tile {
  let row = p / params.across;
  let n = row / params.down;
  var t: Tile;
  t.plane = ((params.first + n) * params.channels + channel) * params.H * params.W;
  t.h = (row - n * params.down) * 4u;
  t.w = (p - row * params.across) * 4u;
  t.at = channel * params.tiles + p;
  t.inside = n < params.images;
  return t;
}

/** x[plane + (h, w)], or 0 outside the image; h and w wrap below zero. */
fn pixel(t: Tile, h: u32, w: u32) -> f32 {
  let inside = t.inside & (h < params.H) & (w < params.W);
  return select(0.0, x[select(0u, t.plane + h * params.W + w, inside)], inside);
}

fn row(t: Tile, h: u32, w: u32) -> Row {
  return Row(pixel(t, h, w), pixel(t, h, w + 1u), pixel(t, h, w + 2u), pixel(t, h, w + 3u), pixel(t, h, w + 4u),
      pixel(t, h, w + 5u));
}

fn row4(t: Tile, h: u32) -> Row {
  return Row(pixel(t, h, t.w), pixel(t, h, t.w + 1u), pixel(t, h, t.w + 2u), pixel(t, h, t.w + 3u), 0.0, 0.0);
}

/** Writes the six numbers of row a. */
fn put(r: Row, a: u32, at: u32) {
  let step = params.channels * params.tiles;
  let i = at + 6u * a * step;
  V[i] = r[0].x;
  V[i + step] = r[0].y;
  V[i + 2u * step] = r[0].z;
  V[i + 3u * step] = r[1].x;
  V[i + 4u * step] = r[1].y;
  V[i + 5u * step] = r[1].z;
}

/** Writes a grid that stands on its side. */
fn put_all(g: Grid, at: u32) {
  let v = flipped(g);
  put(v[0], 0u, at); put(v[1], 1u, at); put(v[2], 2u, at); put(v[3], 3u, at); put(v[4], 4u, at); put(v[5], 5u, at);
}

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) gid: vec3u) {
  if (gid.x >= params.tiles) { return; }
  let t = tile_of(gid.x, gid.z);
  let h = t.h - params.top;
  let w = t.w - params.left;
  let d = Grid(row(t, h, w), row(t, h + 1u, w), row(t, h + 2u, w), row(t, h + 3u, w), row(t, h + 4u, w),
      row(t, h + 5u, w));
  put_all(input_rows(flipped(input_rows(d))), t.at);
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) gid: vec3u) {
  if (gid.x >= params.tiles) { return; }
  let t = tile_of(gid.x, gid.z);
  let d = Grid(row4(t, t.h), row4(t, t.h + 1u), row4(t, t.h + 2u), row4(t, t.h + 3u), Row(), Row());
  put_all(gradient_rows(flipped(gradient_rows(d))), t.at);
}

fn product_row(a: u32, at: u32) -> Row {
  let step = params.channels * params.tiles;
  let i = at + 6u * a * step;
  return Row(M[i], M[i + step], M[i + 2u * step], M[i + 3u * step], M[i + 4u * step], M[i + 5u * step]);
}

/** y = v in the columns of the tile that the image has. */
fn store_row(t: Tile, r: Row, h: u32, add: f32) {
  let sum = vec4(r[0].x, r[0].y, r[0].z, r[1].x) + add;
  let v = select(sum, vec4f(), negative4(sum) & vec4<bool>(params.relu != 0u));
  let at = t.plane + h * params.W + t.w;
  let columns = select(0u, params.W - t.w, h < params.H);
  if (columns > 0u) { y[at] = v.x; }
  if (columns > 1u) { y[at + 1u] = v.y; }
  if (columns > 2u) { y[at + 2u] = v.z; }
  if (columns > 3u) { y[at + 3u] = v.w; }
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u) {
  if (gid.x >= params.tiles) { return; }
  let t = tile_of(gid.x, gid.z);
  if (!t.inside) { return; }
  let m = Grid(product_row(0u, t.at), product_row(1u, t.at), product_row(2u, t.at), product_row(3u, t.at),
      product_row(4u, t.at), product_row(5u, t.at));
  let r = flipped(output_rows(flipped(output_rows(m))));
  var add = 0.0;
  if (params.has_bias != 0u) { add = bias[gid.z]; }
  store_row(t, r[0], t.h, add);
  store_row(t, r[1], t.h + 1u, add);
  store_row(t, r[2], t.h + 2u, add);
  store_row(t, r[3], t.h + 3u, add);
}
