// The pointwise parts of L-infinity attacks, four pixels a thread. x clean image in [0,1], adv the adversarial one,
// dx the loss gradient at adv, m the momentum; all [N, P] with P pixels an image.
//   start:     adv = clamp(x + eps * u, 0, 1), u uniform in (-1, 1)
//   signStep:  adv = clamp(x + clamp(adv + alpha * sign(dx) - x, -eps, eps), 0, 1)
//   momentum:  m = decay * m + dx / mean|dx| (an image at a time; an all-zero gradient adds nothing), then signStep on
// m
// settings = [eps, alpha, decay, 0]; alpha < 0 descends (a targeted attack). sign(0) = 0: such pixels do not move. A
// NaN of the gradient stays NaN, so that `watch` finds it: flags[0] has bit 1 where a pixel of x and bit 2 where one of
// adv is not within [low, high]. With philox.wgsl and special.wgsl.
// Sources: Goodfellow et al. 2015 (FGSM), Madry et al. 2018 (PGD), Dong et al. 2018 (MI-FGSM). Limited by loads.
struct Params { n: u32, pixels: u32, low: f32, high: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> settings: array<f32, 4>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> dx: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> adv: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(6) var<storage, read> norm: array<f32>;
@group(0) @binding(7) var<storage, read> draw: array<u32, 4>;
@group(0) @binding(8) var<storage, read> adv_read: array<vec4f>;
@group(0) @binding(9) var<storage, read_write> flags: array<atomic<u32>, 4>;

const WG: u32 = 64;

fn project(i: u32, direction: vec4f) {
  let clean = x[i];
  let change = adv[i] + settings[1] * sign(direction) - clean;
  let limited = clamp(clean + clamp(change, vec4f(-settings[0]), vec4f(settings[0])), vec4f(), vec4f(1.0));
  adv[i] = select(limited, vec4f(nan()), isNan4(change) | isNan4(direction));
}

@compute @workgroup_size(WG)
fn start(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (4u * i >= params.n) { return; }
  let u = 2.0 * uniform4(philox(vec4u(i, 0u, draw[2], draw[3]), vec2u(draw[0], draw[1]))) - 1.0;
  adv[i] = limited4(x[i] + settings[0] * u, 0.0, 1.0);
}

@compute @workgroup_size(WG)
fn signStep(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (4u * i < params.n) { project(i, dx[i]); }
}

/// norm[n] = mean over the pixels of image n of |dx|.
fn scaled(i: u32) -> vec4f {
  var result = dx[i];
  for (var c = 0u; c < 4u; c++) {
    let mean = norm[min(4u * i + c, params.n - 1u) / params.pixels];
    result[c] = select(result[c] / mean, 0.0, mean == 0.0);
  }
  return result;
}

@compute @workgroup_size(WG)
fn momentum(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (4u * i >= params.n) { return; }
  let next = settings[2] * m[i] + scaled(i);
  m[i] = next;
  project(i, next);
}

fn outside(v: f32) -> bool { return v < params.low || v > params.high || isNan1(v); }

@compute @workgroup_size(WG)
fn watch(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  var found = 0u;
  for (var i = gid.x; 4u * i < params.n; i += groups.x * WG) {
    let clean = x[i];
    let made = adv_read[i];
    for (var c = 0u; c < min(4u, params.n - 4u * i); c++) {
      found |= select(0u, 1u, outside(clean[c])) | select(0u, 2u, outside(made[c]));
    }
  }
  if (found != 0u) { atomicOr(&flags[0], found); }
}
