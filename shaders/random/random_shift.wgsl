// Every image moved by its own random whole number of pixels, zeros where it leaves the frame:
//   y[n,c,h,w] = x[n,c, h + a, w + b],  a, b ~ U{-most, .., most} an image.   backward: dx[n,c,h,w] = dy[n,c, h - a, w
// - b]
// Shapes: N images of C channels, H x W. The shift is made again from the ticket `draw` in backward. Limited by loads.
struct Params { size: u32, C: u32, H: u32, W: u32, most: i32, direction: i32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> draw: array<u32, 4>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

const WG: u32 = 64;

fn shift(n: u32) -> vec2i {
  let u = uniform4(philox(vec4u(n, 0u, draw[2], draw[3]), vec2u(draw[0], draw[1]))).xy;
  let range = f32(2 * params.most + 1);
  return params.direction * (min(vec2i(u * range), vec2i(2 * params.most)) - params.most);
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = ((n * C + c) * H + h) * W + w
  if (i >= params.size) { return; }
  let source = vec2i(vec2u(i / params.W % params.H, i % params.W)) + shift(i / (params.C * params.H * params.W));
  let inside = all(source >= vec2i(0)) && all(source < vec2i(vec2u(params.H, params.W)));
  let start = i - i % (params.H * params.W); // of the plane [n,c]
  y[i] = select(0.0, x[start + select(0u, u32(source.x) * params.W + u32(source.y), inside)], inside);
}
