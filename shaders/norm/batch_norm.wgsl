// Batch normalisation: y = weight[c] (x - mean[c]) / sqrt(var[c] + eps) + bias[c], then max(y, 0) if RELU.
// x [N,C,L]: N batch, C channels, L = H W. stats [C] = (mean, 1 / sqrt(var + eps)). Ioffe and Szegedy, ICML 2015.
//   dbias = sum dy     dweight = sum dy xhat     xhat = (x - mean) / sqrt(var + eps), sums over N and L
//   dx = weight / sqrt(var + eps) (dy - dbias / NL - xhat dweight / NL);  frozen: weight / sqrt(var + eps) dy
// Sums are taken in T = G S parts a channel: part (g, s) has images g, g + G, .. and pixels s, s + S, .., so that
// threads beside each other read elements beside each other and no index is divided in the loop. The forward part is
// Welford's running mean and sum of squares (no cancellation where the mean is large against the deviation); `merge`
// joins the parts of a channel (Chan et al. 1979). The others are one quad of elements a thread. Limited by loads. A
// channel's numbers loaded once a quad or loop instead of once an element: 2.4 times (64 channels of 32x32, batch 32,
// forward and backward with relu, lavapipe). Parts of 16 elements or more instead of two: 2.6 times (512 channels of
// 4x4, batch 32).
struct Params { N: u32, C: u32, L: u32, G: u32, S: u32, n4: u32, eps: f32, momentum: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> moments: array<vec2f>;
@group(0) @binding(3) var<storage, read> parts: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> stats_out: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> running_mean: array<f32>;
@group(0) @binding(6) var<storage, read_write> running_var: array<f32>;
@group(0) @binding(7) var<storage, read> mean_in: array<f32>;
@group(0) @binding(8) var<storage, read> var_in: array<f32>;
@group(0) @binding(9) var<storage, read> x4: array<vec4f>;
@group(0) @binding(10) var<storage, read> weight: array<f32>;
@group(0) @binding(11) var<storage, read> bias: array<f32>;
@group(0) @binding(12) var<storage, read> stats: array<vec2f>;
@group(0) @binding(13) var<storage, read_write> y4: array<vec4f>;
@group(0) @binding(14) var<storage, read> dy: array<f32>;
@group(0) @binding(15) var<storage, read> dy4: array<vec4f>;
@group(0) @binding(16) var<storage, read_write> dweight_parts: array<f32>;
@group(0) @binding(17) var<storage, read_write> dbias_parts: array<f32>;
@group(0) @binding(18) var<storage, read> dweight: array<f32>;
@group(0) @binding(19) var<storage, read> dbias: array<f32>;
@group(0) @binding(20) var<storage, read_write> dx4: array<vec4f>;

const WG: u32 = 64;
const LANES = 1u; // invocations that join the parts of a channel: 1, or 32 on a GPU
const RELU = false;
const WHOLE = false; // L % 4 == 0: the four elements of a quad are of one channel

/// (c, g, s) of a thread; thread = (g * C + c) * S + s.
fn place(i: u32) -> vec3u { return vec3u(i / params.S % params.C, i / params.S / params.C, i % params.S); }

/// Elements of part (g, s).
fn countOf(g: u32, s: u32) -> f32 {
  return f32((params.N - g + params.G - 1u) / params.G) * f32((params.L - s + params.S - 1u) / params.S);
}

@compute @workgroup_size(WG)
fn welford(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.G * params.C * params.S) { return; }
  let at = place(i);
  var mean = 0.0;
  var squares = 0.0;
  var k = 0.0;
  for (var n = at.y; n < params.N; n += params.G) {
    let base = (n * params.C + at.x) * params.L;
    for (var l = at.z; l < params.L; l += params.S) {
      let v = x[base + l];
      k += 1.0;
      let d = v - mean;
      mean += d / k;
      squares += d * (v - mean);
    }
  }
  moments[(at.x * params.G + at.y) * params.S + at.z] = vec2f(mean, squares);
}

var<workgroup> shares: array<f32, WG>;

/// The sum over the LANES invocations of a channel, the same for each of them.
fn total(share: f32, local: u32) -> f32 {
  if (LANES == 1u) { return share; }
  workgroupBarrier();
  shares[local] = share;
  workgroupBarrier();
  var sum = 0.0;
  for (var lane = 0u; lane < LANES; lane++) { sum += shares[local / LANES * LANES + lane]; }
  return sum;
}

/// Mean and variance (with divisor N L) of channel c from its parts.
fn join(c: u32, local: u32) -> vec2f {
  let T = params.G * params.S;
  let count = f32(params.N) * f32(params.L);
  var mean = 0.0;
  for (var t = local % LANES; t < T; t += LANES) {
    mean += parts[c * T + t].x * (countOf(t / params.S, t % params.S) / count);
  }
  mean = total(mean, local);
  var squares = 0.0;
  for (var t = local % LANES; t < T; t += LANES) {
    let part = parts[c * T + t];
    let d = part.x - mean;
    squares += part.y + countOf(t / params.S, t % params.S) * d * d;
  }
  return vec2f(mean, total(squares, local) / count);
}

@compute @workgroup_size(WG)
fn merge(@builtin(global_invocation_id) gid: vec3u, @builtin(local_invocation_index) local: u32) {
  let c = gid.x / LANES;
  let v = join(min(c, params.C - 1u), local);
  if (c < params.C && gid.x % LANES == 0u) { stats_out[c] = vec2f(v.x, inverseSqrt(v.y + params.eps)); }
}

/// The same, and the running statistics move towards the batch's; their variance has the divisor N L - 1.
@compute @workgroup_size(WG)
fn merge_running(@builtin(global_invocation_id) gid: vec3u, @builtin(local_invocation_index) local: u32) {
  let c = gid.x / LANES;
  let v = join(min(c, params.C - 1u), local);
  if (c >= params.C || gid.x % LANES != 0u) { return; }
  let count = f32(params.N) * f32(params.L);
  stats_out[c] = vec2f(v.x, inverseSqrt(v.y + params.eps));
  running_mean[c] += params.momentum * (v.x - running_mean[c]);
  running_var[c] += params.momentum * (v.y * count / (count - 1.0) - running_var[c]);
}

@compute @workgroup_size(WG)
fn frozen(@builtin(global_invocation_id) gid: vec3u) {
  if (gid.x < params.C) { stats_out[gid.x] = vec2f(mean_in[gid.x], inverseSqrt(var_in[gid.x] + params.eps)); }
}

/// Channels of the elements 4i .. 4i+3; what lies behind the last element counts as some channel.
fn channels(i: u32) -> vec4u {
  if (WHOLE) { return vec4u(channel(4u * i)); }
  return vec4u(channel(4u * i), channel(4u * i + 1u), channel(4u * i + 2u), channel(4u * i + 3u));
}

fn channel(element: u32) -> u32 {
  let plane = element / params.L;
  return plane - plane / params.C * params.C;
}

// Of the channels of a quad, loaded once where they are one.
fn means(c: vec4u) -> vec4f {
  if (WHOLE) { return vec4f(stats[c.x].x); }
  return vec4f(stats[c.x].x, stats[c.y].x, stats[c.z].x, stats[c.w].x);
}
fn inverses(c: vec4u) -> vec4f {
  if (WHOLE) { return vec4f(stats[c.x].y); }
  return vec4f(stats[c.x].y, stats[c.y].y, stats[c.z].y, stats[c.w].y);
}
fn weights(c: vec4u) -> vec4f {
  if (WHOLE) { return vec4f(weight[c.x]); }
  return vec4f(weight[c.x], weight[c.y], weight[c.z], weight[c.w]);
}
fn biases(c: vec4u) -> vec4f {
  if (WHOLE) { return vec4f(bias[c.x]); }
  return vec4f(bias[c.x], bias[c.y], bias[c.z], bias[c.w]);
}
fn weight_sums(c: vec4u) -> vec4f {
  if (WHOLE) { return vec4f(dweight[c.x]); }
  return vec4f(dweight[c.x], dweight[c.y], dweight[c.z], dweight[c.w]);
}
fn bias_sums(c: vec4u) -> vec4f {
  if (WHOLE) { return vec4f(dbias[c.x]); }
  return vec4f(dbias[c.x], dbias[c.y], dbias[c.z], dbias[c.w]);
}

/// (x - mean) / sqrt(var + eps) of four elements.
fn normal(v: vec4f, c: vec4u) -> vec4f { return (v - means(c)) * inverses(c); }

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  let c = channels(i);
  let v = normal(x4[i], c) * weights(c) + biases(c);
  if (RELU) { y4[i] = select(v, vec4f(), negative4(v)); } else { y4[i] = v; }
}

/// Parts of dweight and dbias, [C, T].
@compute @workgroup_size(WG)
fn sums(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.G * params.C * params.S) { return; }
  let at = place(i);
  let c = at.x;
  let stat = stats[c];
  let scale = weight[c];
  let offset = bias[c];
  var total = vec2f();
  for (var n = at.y; n < params.N; n += params.G) {
    let base = (n * params.C + c) * params.L;
    for (var l = at.z; l < params.L; l += params.S) {
      let xhat = (x[base + l] - stat.x) * stat.y;
      let stops = RELU && xhat * scale + offset <= 0.0;
      let g = select(dy[base + l], 0.0, stops);
      total += vec2f(g * xhat, g);
    }
  }
  let o = (c * params.G + at.y) * params.S + at.z;
  dweight_parts[o] = total.x;
  dbias_parts[o] = total.y;
}

/// dy where RELU lets it through.
fn passed(i: u32, xhat: vec4f, c: vec4u) -> vec4f {
  if (!RELU) { return dy4[i]; }
  return select(dy4[i], vec4f(), xhat * weights(c) + biases(c) <= vec4f());
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  let c = channels(i);
  let xhat = normal(x4[i], c);
  let scale = 1.0 / (f32(params.N) * f32(params.L));
  let along = weight_sums(c) * scale;
  let flat = bias_sums(c) * scale;
  dx4[i] = weights(c) * inverses(c) * (passed(i, xhat, c) - flat - xhat * along);
}

@compute @workgroup_size(WG)
fn backward_frozen(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  let c = channels(i);
  dx4[i] = weights(c) * inverses(c) * passed(i, normal(x4[i], c), c);
}
