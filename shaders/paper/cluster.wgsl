// The cluster terms of the C-VAE loss. h[n,k] = 1/2 |z[n] - means[k]|^2, S[n] = -1/2 sum_j logvar[n,j].
//   logits[n,k] = -h[n,k]                                                                      (entry logits_)
//   loss[n] = S[n] + sum_k q[n,k] h[n,k],   q = softmax of given logits                        (entry loss_given)
//   loss[n] = S[n] + log K - logsumexp_k(-h[n,k]),   q = softmax_k(-h), the closed form        (entry loss_closed)
// The last is the sum of the second and of sum_k q log(K q) when the given logits are -h. Eq. 9 of "Defending
// Adversaries Using Unsupervised Feature Clustering VAE" with PLUS 1/2 |z - mu_y|^2 (the printed minus is unbounded).
// N batch, K clusters, D latent dimensions. The forward entries also keep q and h [N,K]: both gradients need them.
//   dz[n,j] = dy[n] (z[n,j] - sum_k q[n,k] means[k,j])       dlogvar = -1/2 dy[n]
//   dlogits[n,k] = dy[n] q[n,k] (h[n,k] - sum_l q[n,l] h[n,l])
//   dmeans[k,j] = sum_n w[n,k] (means[k,j] - z[n,j]),  w = dy[n] q[n,k] here and -dy[n,k] for logits_
// A row a thread forward, an element a thread backward; dmeans in chunks of rows that the host adds up, so that
// rounding does not grow with N and the sum is the same every run. K D is some hundreds: the launch is the cost.
struct Params { N: u32, K: u32, D: u32, chunks: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read> means: array<f32>;
@group(0) @binding(3) var<storage, read> logvar: array<f32>;
@group(0) @binding(4) var<storage, read> logits: array<f32>;
@group(0) @binding(5) var<storage, read_write> loss: array<f32>;
@group(0) @binding(6) var<storage, read_write> q: array<f32>;
@group(0) @binding(7) var<storage, read_write> h: array<f32>;
@group(0) @binding(8) var<storage, read> dy: array<f32>;
@group(0) @binding(9) var<storage, read> w: array<f32>;
@group(0) @binding(10) var<storage, read> saved: array<f32>;
@group(0) @binding(11) var<storage, read_write> dx: array<f32>;

const WG: u32 = 64;

fn halfDistance(n: u32, k: u32) -> f32 {
  var sum = 0.0;
  for (var j = 0u; j < params.D; j++) {
    let d = z[n * params.D + j] - means[k * params.D + j];
    sum += d * d;
  }
  return 0.5 * sum;
}

fn minusHalfLogvar(n: u32) -> f32 {
  var sum = 0.0;
  for (var j = 0u; j < params.D; j++) { sum += logvar[n * params.D + j]; }
  return -0.5 * sum;
}

@compute @workgroup_size(WG)
fn logits_(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = n * K + k
  if (i < params.N * params.K) { h[i] = -halfDistance(i / params.K, i % params.K); }
}

@compute @workgroup_size(WG)
fn loss_given(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = gid.x + gid.y * groups.x * WG;
  if (n >= params.N) { return; }
  let base = n * params.K;
  var m = logits[base];
  for (var k = 1u; k < params.K; k++) { m = max1(m, logits[base + k]); }
  var s = 0.0;
  for (var k = 0u; k < params.K; k++) { s += exp(logits[base + k] - m); }
  var expected = 0.0;
  for (var k = 0u; k < params.K; k++) {
    let p = select(nan(), exp(logits[base + k] - m) / s, isFinite1(m));
    let d = halfDistance(n, k);
    q[base + k] = p;
    h[base + k] = d;
    expected += p * d;
  }
  loss[n] = minusHalfLogvar(n) + expected;
}

@compute @workgroup_size(WG)
fn loss_closed(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = gid.x + gid.y * groups.x * WG;
  if (n >= params.N) { return; }
  let base = n * params.K;
  var least = 0.0;
  for (var k = 0u; k < params.K; k++) {
    let d = halfDistance(n, k);
    q[base + k] = d;
    if (k == 0u || d < least || isNan1(d)) { least = d; }
  }
  var s = 0.0;
  for (var k = 0u; k < params.K; k++) { s += exp(least - q[base + k]); }
  for (var k = 0u; k < params.K; k++) { q[base + k] = select(nan(), exp(least - q[base + k]) / s, isFinite1(least)); }
  loss[n] = minusHalfLogvar(n) + log(f32(params.K)) + least - select(0.0, log(s), isFinite1(least));
}

/// dz of both losses: w = q [N,K], dy [N].
@compute @workgroup_size(WG)
fn loss_dz(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = n * D + j
  if (i >= params.N * params.D) { return; }
  let n = i / params.D;
  var centre = 0.0;
  for (var k = 0u; k < params.K; k++) { centre += w[n * params.K + k] * means[k * params.D + i % params.D]; }
  dx[i] = dy[n] * (z[i] - centre);
}

/// dlogvar of both losses.
@compute @workgroup_size(WG)
fn loss_dlogvar(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.N * params.D) { dx[i] = -0.5 * dy[i / params.D]; }
}

/// dlogits of loss_given: w = q, saved = h.
@compute @workgroup_size(WG)
fn loss_dlogits(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = n * K + k
  if (i >= params.N * params.K) { return; }
  let n = i / params.K;
  var sum = 0.0;
  for (var k = n * params.K; k < (n + 1u) * params.K; k++) { sum += w[k] * (saved[i] - saved[k]); }
  dx[i] = dy[n] * w[i] * sum;
}

/// dz of logits_: w = dlogits [N,K].
@compute @workgroup_size(WG)
fn logits_dz(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = n * D + j
  if (i >= params.N * params.D) { return; }
  let n = i / params.D;
  var sum = 0.0;
  for (var k = 0u; k < params.K; k++) { sum += w[n * params.K + k] * (means[k * params.D + i % params.D] - z[i]); }
  dx[i] = sum;
}

/// One chunk of dmeans: dx[c,k,j] = sum over n = c, c + chunks, ... of w[n,k] * dy[n] * (means[k,j] - z[n,j]).
@compute @workgroup_size(WG)
fn loss_dmeans(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (c * K + k) * D + j
  if (i >= params.chunks * params.K * params.D) { return; }
  let j = i % params.D;
  let k = i / params.D % params.K;
  let mean = means[k * params.D + j];
  var sum = 0.0;
  for (var n = i / params.D / params.K; n < params.N; n += params.chunks) {
    sum += w[n * params.K + k] * dy[n] * (mean - z[n * params.D + j]);
  }
  dx[i] = sum;
}

/// The same for logits_: w = dlogits [N,K].
@compute @workgroup_size(WG)
fn logits_dmeans(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (c * K + k) * D + j
  if (i >= params.chunks * params.K * params.D) { return; }
  let j = i % params.D;
  let k = i / params.D % params.K;
  let mean = means[k * params.D + j];
  var sum = 0.0;
  for (var n = i / params.D / params.K; n < params.N; n += params.chunks) {
    sum += w[n * params.K + k] * (z[n * params.D + j] - mean);
  }
  dx[i] = sum;
}
