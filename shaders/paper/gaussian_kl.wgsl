// KL divergence of diagonal Gaussians, summed over the latent dimensions:
//   kl[n] = 1/2 sum_j ( exp(logvar) + mu^2 - 1 - logvar )                                        to N(0, I)
//   kl[n] = 1/2 sum_j ( exp(logvar - logvar2) + (mu - mu2)^2 / exp(logvar2) - 1 - logvar + logvar2 )   (entries two*)
// mu, logvar [N, D]: N batch, D latent dimensions. Kingma and Welling, ICLR 2014, appendix B. Forward: a row a thread;
// D is 20 to 64 and N a batch, so the launch is the cost. Backward: one element a thread, both gradients at once.
struct Params { N: u32, D: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> mu: array<f32>;
@group(0) @binding(2) var<storage, read> logvar: array<f32>;
@group(0) @binding(3) var<storage, read> mu2: array<f32>;
@group(0) @binding(4) var<storage, read> logvar2: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read_write> kl: array<f32>;
@group(0) @binding(7) var<storage, read_write> dmu: array<f32>;
@group(0) @binding(8) var<storage, read_write> dlogvar: array<f32>;

const WG: u32 = 64;

@compute @workgroup_size(WG)
fn one(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = gid.x + gid.y * groups.x * WG;
  if (n >= params.N) { return; }
  var sum = 0.0;
  for (var i = n * params.D; i < (n + 1u) * params.D; i++) { sum += exp1(logvar[i]) - 1.0 - logvar[i] + mu[i] * mu[i]; }
  kl[n] = 0.5 * sum;
}

@compute @workgroup_size(WG)
fn one_backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.N * params.D) { return; }
  let g = dy[i / params.D];
  dmu[i] = g * mu[i];
  dlogvar[i] = 0.5 * g * (exp1(logvar[i]) - 1.0);
}

@compute @workgroup_size(WG)
fn two(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = gid.x + gid.y * groups.x * WG;
  if (n >= params.N) { return; }
  var sum = 0.0;
  for (var i = n * params.D; i < (n + 1u) * params.D; i++) {
    let d = mu[i] - mu2[i];
    let r = logvar[i] - logvar2[i];
    sum += exp1(r) - 1.0 - r + d * d * exp1(-logvar2[i]);
  }
  kl[n] = 0.5 * sum;
}

@compute @workgroup_size(WG)
fn two_backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.N * params.D) { return; }
  let g = dy[i / params.D];
  dmu[i] = g * (mu[i] - mu2[i]) * exp1(-logvar2[i]);
  dlogvar[i] = 0.5 * g * (exp1(logvar[i] - logvar2[i]) - 1.0);
}

/// The gradients of mu2 and logvar2, written to dmu and dlogvar.
@compute @workgroup_size(WG)
fn two_backward2(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.N * params.D) { return; }
  let g = dy[i / params.D];
  let d = mu[i] - mu2[i];
  let w = exp1(-logvar2[i]);
  dmu[i] = -g * d * w;
  dlogvar[i] = 0.5 * g * (1.0 - exp1(logvar[i] - logvar2[i]) - d * d * w);
}
