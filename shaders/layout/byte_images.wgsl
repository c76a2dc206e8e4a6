// Images stored as bytes, picked by index and scaled to [0, 1]: y[b,p] = bytes[index[b],p] / 255.
//
// Shapes: n stored images of P pixels, four to a u32 (the first in the lowest byte); B picks. A thread makes four
// pixels.
// A storage buffer holds four times the images of float32: all of MNIST fits under the 128 MiB that lavapipe binds.
// With special.wgsl: an index beyond the images gives NaN. Limited by the writes.
struct Params { n: u32, P4: u32, B: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> bytes: array<u32>;
@group(0) @binding(2) var<storage, read> index: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

override WG: u32 = 64;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = b * P4 + p / 4
  if (i >= params.B * params.P4) { return; }
  let image = u32(index[i / params.P4]);
  if (image >= params.n) { y[i] = vec4f(nan()); return; }
  let four = bytes[image * params.P4 + i % params.P4];
  y[i] = vec4f((vec4u(four) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u)) / 255.0;
}
