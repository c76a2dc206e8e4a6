// Noise with the shape of a signed-gradient perturbation: blobs of +1 and -1 at several scales, leaning towards another
// image. For image n and element p of its C channels of H x W:
//   s = w0 white[p] + 1.3 w1 up(half)[p] + 1.3 w2 up(quarter)[p] + 2 w3 (other[p] - x[p])
//   y = clamp(x + v w4 sign(s), 0, 1)
// white [N,C,H,W], half [N,C,H/2,W/2], quarter [N,C,H/4,W/4] are standard normal; w [N,5] is uniform in [0, 1); `up` is
// bilinear with half-pixel centres (torch's align_corners=False). Limited by its ten loads a pixel.
struct Params { size: u32, C: u32, H: u32, W: u32, v: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> other: array<f32>;
@group(0) @binding(3) var<storage, read> white: array<f32>;
@group(0) @binding(4) var<storage, read> half: array<f32>;
@group(0) @binding(5) var<storage, read> quarter: array<f32>;
@group(0) @binding(6) var<storage, read> w: array<f32>;
@group(0) @binding(7) var<storage, read_write> y: array<f32>;

const WG: u32 = 64;

/// Where four neighbours lie in a plane of size `coarse`, and their weights, for pixel `at` of a plane `factor` times
/// as fine.
struct Corners { index: vec4u, weight: vec4f }

fn corners(channel: u32, at: vec2u, coarse: vec2u, factor: f32) -> Corners {
  let p = max((vec2f(at) + 0.5) / factor - 0.5, vec2f());
  let lo = vec2u(p);
  let hi = min(lo + 1u, coarse - 1u);
  let f = p - vec2f(lo);
  let row = (channel * coarse.x + vec4u(lo.x, lo.x, hi.x, hi.x)) * coarse.y;
  return Corners(row + vec4u(lo.y, hi.y, lo.y, hi.y),
      vec4f((1.0 - f.x) * vec2f(1.0 - f.y, f.y), f.x * vec2f(1.0 - f.y, f.y)));
}

fn at_half(c: Corners) -> f32 { return dot(c.weight,
    vec4f(half[c.index.x], half[c.index.y], half[c.index.z], half[c.index.w])); }
fn at_quarter(c: Corners) -> f32 { return dot(c.weight,
    vec4f(quarter[c.index.x], quarter[c.index.y], quarter[c.index.z], quarter[c.index.w])); }

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = ((n * C + c) * H + h) * W + w
  if (i >= params.size) { return; }
  let plane = vec2u(params.H, params.W);
  let channel = i / (plane.x * plane.y); // = n * C + c
  let n = channel / params.C;
  let at = vec2u(i / plane.y % plane.x, i % plane.y);
  let smooth_ = 1.3 * (w[5u * n + 1u] * at_half(corners(channel, at, plane / 2u,
      2.0)) + w[5u * n + 2u] * at_quarter(corners(channel, at, plane / 4u, 4.0)));
  let s = w[5u * n] * white[i] + smooth_ + 2.0 * w[5u * n + 3u] * (other[i] - x[i]);
  y[i] = clamp(x[i] + params.v * w[5u * n + 4u] * sign(s), 0.0, 1.0);
}
