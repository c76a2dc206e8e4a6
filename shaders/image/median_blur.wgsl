// Median of the 3 x 3 pixels around each: y[p,h,w] = the fifth smallest of x[p, h + a, w + b], a, b in {-1, 0, 1},
// where places outside take the nearest pixel inside. P = N C planes, H, W. NaN where one of the nine is NaN.
// Nineteen exchanges leave the median in the middle (Paeth, "Median finding on a 3x3 grid", Graphics Gems, 1990);
// `at` [P,H,W] keeps h W + w of the first pixel in row-major order that has it, and the whole gradient goes there.
// Backward gathers from the nine windows that hold a pixel: no atomics. One element a thread. Limited by loads.
struct Params { P: u32, H: u32, W: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> at: array<u32>;
@group(0) @binding(4) var<storage, read> chosen: array<u32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read_write> dx: array<f32>;

const WG: u32 = 64;
var<private> v: array<f32, 9>;

fn exchange(a: u32, b: u32) {
  let low = min(v[a], v[b]);
  v[b] = max(v[a], v[b]);
  v[a] = low;
}

fn middle() -> f32 {
  exchange(1u, 2u); exchange(4u, 5u); exchange(7u, 8u);
  exchange(0u, 1u); exchange(3u, 4u); exchange(6u, 7u);
  exchange(1u, 2u); exchange(4u, 5u); exchange(7u, 8u);
  exchange(0u, 3u); exchange(5u, 8u); exchange(4u, 7u);
  exchange(3u, 6u); exchange(1u, 4u); exchange(2u, 5u);
  exchange(4u, 7u); exchange(4u, 2u); exchange(6u, 4u);
  exchange(4u, 2u);
  return v[4];
}

/// h W + w of place k = 3 (a + 1) + b + 1 of the window around [h,w].
fn place(h: u32, w: u32, k: u32) -> u32 {
  let row = clamp(i32(h + k / 3u) - 1, 0, i32(params.H) - 1);
  let column = clamp(i32(w + k % 3u) - 1, 0, i32(params.W) - 1);
  return u32(row) * params.W + u32(column);
}

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (p * H + h) * W + w
  if (i >= params.P * params.H * params.W) { return; }
  let h = i / params.W % params.H;
  let w = i % params.W;
  let plane = i - h * params.W - w;
  var lost = 9u; // the first place that holds NaN
  for (var k = 9u; k > 0u; k--) {
    v[k - 1u] = x[plane + place(h, w, k - 1u)];
    lost = select(lost, k - 1u, isNan1(v[k - 1u]));
  }
  let median = middle();
  var first = lost;
  for (var k = 9u; k > 0u && lost == 9u; k--) {
    first = select(first, k - 1u, x[plane + place(h, w, k - 1u)] == median);
  }
  y[i] = select(median, nan(), lost < 9u);
  at[i] = place(h, w, first);
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (p * H + h) * W + w
  if (i >= params.P * params.H * params.W) { return; }
  let h = i / params.W % params.H;
  let w = i % params.W;
  let here = h * params.W + w;
  var sum = 0.0;
  for (var oh = max(h, 1u) - 1u; oh < min(h + 2u, params.H); oh++) {
    for (var ow = max(w, 1u) - 1u; ow < min(w + 2u, params.W); ow++) {
      let o = i - here + oh * params.W + ow;
      if (chosen[o] == here) { sum += dy[o]; }
    }
  }
  dx[i] = sum;
}
