// KL divergence of q = softmax(logits) to the uniform distribution over K clusters: kl[n] = sum_k q_k log(K q_k).
//   dlogits[n,k] = dy[n] q_k (log q_k - sum_l q_l log q_l)
// N batch. log q_k = x_k - logsumexp(x) is finite where q_k underflows to zero, so q log q is zero there and never NaN.
// A row a thread; rows are short, so the launch is the cost.
struct Params { N: u32, K: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> kl: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dlogits: array<f32>;

const WG: u32 = 64;

/// logsumexp of a row and sum_k q_k log q_k.
struct Row { lse: f32, negentropy: f32 }

/// q (log q - v), which is 0 where q is.
fn weighted(logq: f32, v: f32) -> f32 { return select(exp1(logq) * (logq - v), 0.0, logq < -104.0); }

fn row(base: u32) -> Row {
  var m = logits[base];
  for (var k = 1u; k < params.K; k++) { m = max1(m, logits[base + k]); }
  var s = 0.0;
  for (var k = 0u; k < params.K; k++) { s += exp(logits[base + k] - m); }
  let lse = select(nan(), m + log(s), isFinite1(m));
  var sum = 0.0;
  for (var k = 0u; k < params.K; k++) { sum += weighted(logits[base + k] - lse, 0.0); }
  return Row(lse, sum);
}

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = gid.x + gid.y * groups.x * WG;
  if (n < params.N) { kl[n] = log(f32(params.K)) + row(n * params.K).negentropy; }
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = gid.x + gid.y * groups.x * WG;
  if (n >= params.N) { return; }
  let base = n * params.K;
  let r = row(base);
  for (var i = base; i < base + params.K; i++) {
    let logq = logits[i] - r.lse;
    dlogits[i] = dy[n] * weighted(logq, r.negentropy);
  }
}
