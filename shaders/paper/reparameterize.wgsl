// A draw from N(mu, exp(logvar)): z = mu + exp(logvar / 2) * eps; dmu = dz, dlogvar = dz * eps * exp(logvar / 2) / 2.
// eps is standard normal noise that Philox makes here and makes again in the backward entry from the same ticket `draw`
// (never stored), or given (the entries *_given). Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014.
// Four elements a thread. Limited by the ten Philox rounds where eps is made, else by loads.
struct Params { n4: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> mu: array<vec4f>;
@group(0) @binding(2) var<storage, read> logvar: array<vec4f>;
@group(0) @binding(3) var<storage, read> draw: array<u32, 4>;
@group(0) @binding(4) var<storage, read> eps: array<vec4f>;
@group(0) @binding(5) var<storage, read> dz: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> z: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> dlogvar: array<vec4f>;

const WG: u32 = 64;

fn noise(i: u32) -> vec4f { return normal4(philox(vec4u(i, 0u, draw[2], draw[3]), vec2u(draw[0], draw[1]))); }

@compute @workgroup_size(WG)
fn sample(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.n4) { z[i] = mu[i] + exp4(0.5 * logvar[i]) * noise(i); }
}

@compute @workgroup_size(WG)
fn sample_backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.n4) { dlogvar[i] = 0.5 * dz[i] * exp4(0.5 * logvar[i]) * noise(i); }
}

@compute @workgroup_size(WG)
fn given(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.n4) { z[i] = mu[i] + exp4(0.5 * logvar[i]) * eps[i]; }
}

@compute @workgroup_size(WG)
fn given_backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i < params.n4) { dlogvar[i] = 0.5 * dz[i] * exp4(0.5 * logvar[i]) * eps[i]; }
}
