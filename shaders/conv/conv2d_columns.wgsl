// A convolution as one matrix product over many images (im2col and col2im). The product itself is matmul's; here are
// the steps before and behind it:
//
//   gather   columns[(c, i, j), m] = x[n, c, oh SH + i DH - PH, ow SW + j DW - PW], 0 outside the image
//   main     y[n, o, oh, ow] = rows[o, m] + bias[o], with an optional relu; rows = weight [O, C KH KW] times columns
//   spread   rows[o, m] = dy[n, o, oh, ow]
//   collect  dx[n, c, h, w] = sum over i, j of columns[(c, i, j), m at (h + PH - i DH) / SH, (w + PW - j DW) / SW],
//            plus bias[c], with an optional relu; columns = the transposed weight times rows
//
// Shapes: x, dx [N,C,H,W]; y, dy [N,O,OH,OW]; m counts the pixels (n, oh, ow) of the `images` from `first` on, rounded
// up to M, a multiple of 4, and what is beyond the images is 0.
// Grid: [gx, gy, rows of the result or channels], gx gy WG >= pixels, one element a thread. Limited by
// loads and stores, all of them along rows: KH KW / (SH SW) numbers for each pixel of x.
// RADV for an RX 7900 (bench --isa, docs/performance.md): 12 to 24 registers, 32 waves, nothing spilled.
struct Params {
  C: u32, H: u32, W: u32, O: u32, OH: u32, OW: u32, KH: u32, KW: u32, SH: u32, SW: u32, PH: u32, PW: u32, DH: u32,
  DW: u32, M: u32, first: u32, images: u32, has_bias: u32, relu: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> columns: array<f32>;
@group(0) @binding(3) var<storage, read> rows: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

const WG: u32 = 64;

/** Which pixel of the images, or column, a thread has. */
fn pixel_of(gid: vec3u, groups: vec3u) -> u32 { return gid.x + gid.y * groups.x * WG; }

@compute @workgroup_size(WG)
fn gather(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let m = pixel_of(gid, groups);
  if (m >= params.M) { return; }
  let n = m / (params.OH * params.OW);
  let p = m - n * params.OH * params.OW;
  let tap = gid.z % (params.KH * params.KW);
  let h = p / params.OW * params.SH + tap / params.KW * params.DH - params.PH; // wraps below zero
  let w = p % params.OW * params.SW + tap % params.KW * params.DW - params.PW;
  let plane = (params.first + n) * params.C + gid.z / (params.KH * params.KW);
  let inside = (n < params.images) & (h < params.H) & (w < params.W);
  columns[gid.z * params.M + m] = select(0.0, x[select(0u, (plane * params.H + h) * params.W + w, inside)], inside);
}

@compute @workgroup_size(WG)
fn spread(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let m = pixel_of(gid, groups);
  if (m >= params.M) { return; }
  let area = params.OH * params.OW;
  let n = m / area;
  let at = ((params.first + n) * params.O + gid.z) * area + m - n * area;
  let inside = n < params.images;
  columns[gid.z * params.M + m] = select(0.0, x[select(0u, at, inside)], inside);
}

/** v + bias[channel], with the relu. */
fn finished(v: f32, channel: u32) -> f32 {
  var sum = v;
  if (params.has_bias != 0u) { sum += bias[channel]; }
  return select(sum, 0.0, negative1(sum) & (params.relu != 0u));
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let m = pixel_of(gid, groups);
  let area = params.OH * params.OW;
  let n = m / area;
  if (n >= params.images) { return; }
  y[((params.first + n) * params.O + gid.z) * area + m - n * area] = finished(rows[gid.z * params.M + m], gid.z);
}

@compute @workgroup_size(WG)
fn collect(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let area = params.H * params.W;
  let pixel = pixel_of(gid, groups);
  let n = pixel / area;
  if (n >= params.images) { return; }
  let h = pixel % area / params.W;
  let w = pixel % params.W;
  var sum = 0.0;
  for (var i = 0u; i < params.KH; i++) {
    let down = h + params.PH - i * params.DH; // wraps below zero
    let oh = down / params.SH;
    if (oh >= params.OH || oh * params.SH != down) { continue; }
    for (var j = 0u; j < params.KW; j++) {
      let right = w + params.PW - j * params.DW;
      let ow = right / params.SW;
      if (ow >= params.OW || ow * params.SW != right) { continue; }
      sum += rows[((gid.z * params.KH + i) * params.KW + j) * params.M + (n * params.OH + oh) * params.OW + ow];
    }
  }
  y[((params.first + n) * params.C + gid.z) * area + pixel - n * area] = finished(sum, gid.z);
}
