// Images stored as bytes, picked by index and scaled to [0, 1]: y[b,p] = bytes[index[b],p] / 255.
// The entry `augmented` also moves each pick within a frame of zeros and mirrors every second one on average, as
// torchvision's RandomCrop(padding = crop) and then RandomHorizontalFlip:
//   y[b,c,h,w] = bytes[index[b], c, h + a, v + e] / 255,  v = W - 1 - w if flipped, else w;  a, e ~ U{-crop, .., crop}
//
// Shapes: n stored images of P = C H W pixels, four to a u32 (the first in the lowest byte); B picks. A thread makes
// four pixels. Shift and flip are three numbers from the ticket `draw` and the place b in the batch, made again by
// every thread of an image.
// A storage buffer holds four times the images of float32: all of MNIST fits under the 128 MiB that lavapipe binds.
// With special.wgsl: an index beyond the images gives NaN. Limited by the writes.
struct Params { n: u32, P4: u32, B: u32, H: u32, W: u32, crop: i32, flip: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> bytes: array<u32>;
@group(0) @binding(2) var<storage, read> index: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(4) var<storage, read> draw: array<u32, 4>;

const WG: u32 = 64;

/// b / 255 of whole numbers from 0 to 255, rounded to the nearest. WGSL lets a division be off by 2.5 ulp, and
/// SwiftShader makes use of it. 1 / 255 = 257 / 2^16 + REST: the first part is exact, in whole numbers so that no
/// compiler adds the factors up.
const REST = 5.983838848033773e-8;
fn unit(b: vec4u) -> vec4f { return vec4f(b * 257u) * 0x1p-16f + vec4f(b) * REST; }

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = b * P4 + p / 4
  if (i >= params.B * params.P4) { return; }
  let image = u32(index[i / params.P4]);
  if (image >= params.n) { y[i] = vec4f(nan()); return; }
  let four = bytes[image * params.P4 + i % params.P4];
  y[i] = unit((vec4u(four) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u));
}

/// Of place b in the batch: how far its frame moves down and right, and 1 if it is flipped.
fn frame(b: u32) -> vec3i {
  let u = uniform4(philox(vec4u(b, 0u, draw[2], draw[3]), vec2u(draw[0], draw[1])));
  let range = f32(2 * params.crop + 1);
  let shift = min(vec2i(u.xy * range), vec2i(2 * params.crop)) - params.crop;
  return vec3i(shift, select(0, 1, params.flip == 1u && u.z < 0.5));
}

/// The byte of pixel p = (c * H + h) * W + w of a pick, from stored image `image`.
fn moved(image: u32, p: u32, f: vec3i) -> u32 {
  let w = i32(p % params.W);
  let source = vec2i(i32(p / params.W % params.H), select(w, i32(params.W) - 1 - w, f.z == 1)) + f.xy;
  if (any(source < vec2i(0)) || any(source >= vec2i(vec2u(params.H, params.W)))) { return 0u; }
  let at = p - p % (params.H * params.W) + u32(source.x) * params.W + u32(source.y);
  return (bytes[image * params.P4 + at / 4u] >> (8u * (at % 4u))) & 255u;
}

@compute @workgroup_size(WG)
fn augmented(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = b * P4 + p / 4
  if (i >= params.B * params.P4) { return; }
  let b = i / params.P4;
  let image = u32(index[b]);
  if (image >= params.n) { y[i] = vec4f(nan()); return; }
  let f = frame(b);
  let p = 4u * (i % params.P4);
  y[i] = unit(vec4u(moved(image, p, f), moved(image, p + 1u, f), moved(image, p + 2u, f), moved(image, p + 3u, f)));
}
