// Optimisers over all parameters of a network at once: p, its gradient dp and its moments m, v lie flat in one buffer
// each, four elements a thread. What changes from step to step lives in two small buffers, so that a captured step can
// be replayed: settings = [learning rate, momentum] is written by the host, clock = [t, 1 - beta1^t, 1 - beta2^t] by
// `tick`. Formulas as in torch.optim; wd is the weight decay:
//   sgd       d = dp + wd p;  m = d at t = 1, then momentum m + (1 - dampening) d;  p -= lr (nesterov ? d + momentum m
// : m)
//   sgd_plain p -= lr d
//   adam      m += (1 - beta1) (d - m);  v = beta2 v + (1 - beta2) d^2;
//             p -= lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps)        Kingma and Ba, ICLR 2015
//             DECOUPLED: d = dp and p *= 1 - lr wd instead                       Loshchilov and Hutter, ICLR 2019
//   rmsprop   v = alpha v + (1 - alpha) d^2;  p -= lr d / (sqrt(v) + eps)        with alpha given as beta2
// 1 - beta is passed beside beta: taken in float32 here, 1 - 0.999 would be wrong by 1e-5. Limited by loads and stores.
struct Params {
  n4: u32, weightDecay: f32, dampening: f32, nesterov: u32, eps: f32,
  beta1: f32, beta2: f32, rest1: f32, rest2: f32, log1: f32, log2: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> settings: array<f32>;
@group(0) @binding(2) var<storage, read_write> clock: array<f32>;
@group(0) @binding(3) var<storage, read> time: array<f32>;
@group(0) @binding(4) var<storage, read> dp: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> p: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> v: array<vec4f>;

const WG: u32 = 64;
const DECOUPLED = false;

/// 1 - exp(x) for x <= 0: a series near 0, where the difference would lose digits.
fn oneMinusExp(x: f32) -> f32 {
  if (x < -0.5) { return 1.0 - exp(x); }
  return -x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0 * (1.0 + x / 7.0))))));
}

/// Counts the step and makes Adam's bias corrections; log1 and log2 are the logarithms of the betas.
@compute @workgroup_size(1)
fn tick() {
  let t = clock[0] + 1.0;
  clock[0] = t;
  clock[1] = oneMinusExp(t * params.log1);
  clock[2] = oneMinusExp(t * params.log2);
}

@compute @workgroup_size(WG)
fn sgd_plain(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.n4) { p[i] -= settings[0] * (dp[i] + params.weightDecay * p[i]); }
}

@compute @workgroup_size(WG)
fn sgd(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  let momentum = settings[1];
  let d = dp[i] + params.weightDecay * p[i];
  let moved = select(momentum * m[i] + (1.0 - params.dampening) * d, d, time[0] == 1.0);
  m[i] = moved;
  p[i] -= settings[0] * select(moved, d + momentum * moved, params.nesterov == 1u);
}

@compute @workgroup_size(WG)
fn adam(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  let lr = settings[0];
  var old = p[i];
  var d = dp[i];
  if (DECOUPLED) { old *= 1.0 - lr * params.weightDecay; } else { d += params.weightDecay * old; }
  let first = m[i] + params.rest1 * (d - m[i]);
  let second = params.beta2 * v[i] + params.rest2 * d * d;
  m[i] = first;
  v[i] = second;
  p[i] = old - lr / time[1] * first / (sqrt(second / time[2]) + params.eps);
}

@compute @workgroup_size(WG)
fn rmsprop(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.n4) { return; }
  let d = dp[i] + params.weightDecay * p[i];
  let second = params.beta2 * v[i] + params.rest2 * d * d;
  v[i] = second;
  p[i] -= settings[0] * d / (sqrt(second) + params.eps);
}
