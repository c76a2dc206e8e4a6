// Total-variation denoising by projections of the dual (Chambolle, "An algorithm for total variation minimization and
// applications", J. Math. Imaging Vis. 20, 2004, eq. 9): the u of least TV(u) + |u - x|^2 / (2 weight) is
//   u = x - weight div p,   p <- (p + tau g) / s,   s = 1 + tau |g|,   g = grad(div p - x / weight).
// grad: forward differences, 0 at the last row or column; div p[h,w] = p.x[h,w] - p.x[h-1,w] + p.y[h,w] - p.y[h,w-1],
// its negative adjoint, since p.x of the last row and p.y of the last column stay 0. P = N C planes, H, W; a channel is
// denoised by itself. `step` reads one dual field and writes another.
//   backward, from the last step to the first: dg = tau / s (dnext - (dnext . next) g / |g|), 0 for g / |g| at 0;
//   dp = dnext / s + grad div dg,   dx = dy + the sum over steps of div dg / weight;   at the end dp = weight grad dy.
// One pixel a thread. Limited by loads.
struct Params { P: u32, H: u32, W: u32, weight: f32, tau: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> p: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> next: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read> dnext: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> dg: array<vec2f>;
@group(0) @binding(8) var<storage, read_write> direct: array<vec2f>; // dnext / s
@group(0) @binding(9) var<storage, read> slope: array<vec2f>; // dg, as `spread` reads it
@group(0) @binding(10) var<storage, read> rest: array<vec2f>; // direct, as `spread` reads it
@group(0) @binding(11) var<storage, read_write> dp: array<vec2f>;
@group(0) @binding(12) var<storage, read_write> dx: array<f32>;

const WG: u32 = 64;

fn divergence(i: u32, h: u32, w: u32) -> f32 {
  let above = select(0.0, p[select(i, i - params.W, h > 0u)].x, h > 0u);
  let before = select(0.0, p[select(i, i - 1u, w > 0u)].y, w > 0u);
  return p[i].x - above + p[i].y - before;
}

fn dual(i: u32, h: u32, w: u32) -> f32 { return divergence(i, h, w) - x[i] / params.weight; }

fn gradient(i: u32, h: u32, w: u32) -> vec2f {
  let here = dual(i, h, w);
  var g = vec2f();
  if (h + 1u < params.H) { g.x = dual(i + params.W, h + 1u, w) - here; }
  if (w + 1u < params.W) { g.y = dual(i + 1u, h, w + 1u) - here; }
  return g;
}

fn spreadDivergence(i: u32, h: u32, w: u32) -> f32 {
  let above = select(0.0, slope[select(i, i - params.W, h > 0u)].x, h > 0u);
  let before = select(0.0, slope[select(i, i - 1u, w > 0u)].y, w > 0u);
  return slope[i].x - above + slope[i].y - before;
}

@compute @workgroup_size(WG)
fn step(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (plane * H + h) * W + w
  if (i >= params.P * params.H * params.W) { return; }
  let g = gradient(i, i / params.W % params.H, i % params.W);
  next[i] = (p[i] + params.tau * g) / (1.0 + params.tau * length(g));
}

@compute @workgroup_size(WG)
fn primal(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (plane * H + h) * W + w
  if (i >= params.P * params.H * params.W) { return; }
  y[i] = x[i] - params.weight * divergence(i, i / params.W % params.H, i % params.W);
}

/// The gradient of `primal`: dx = dy and dp = weight grad dy.
@compute @workgroup_size(WG)
fn primal_back(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (plane * H + h) * W + w
  if (i >= params.P * params.H * params.W) { return; }
  var g = vec2f();
  if (i / params.W % params.H + 1u < params.H) { g.x = dy[i + params.W] - dy[i]; }
  if (i % params.W + 1u < params.W) { g.y = dy[i + 1u] - dy[i]; }
  dp[i] = params.weight * g;
  dx[i] = dy[i];
}

/// The first half of the gradient of `step`: what comes for g and, straight, for p.
@compute @workgroup_size(WG)
fn step_back(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (plane * H + h) * W + w
  if (i >= params.P * params.H * params.W) { return; }
  let h = i / params.W % params.H;
  let w = i % params.W;
  let g = gradient(i, h, w);
  let size = length(g);
  let s = 1.0 + params.tau * size;
  let after = (p[i] + params.tau * g) / s;
  let unit = select(vec2f(), g / size, size > 0.0);
  let inside = vec2f(select(0.0, 1.0, h + 1u < params.H), select(0.0, 1.0, w + 1u < params.W));
  dg[i] = inside * params.tau / s * (dnext[i] - dot(dnext[i], after) * unit);
  direct[i] = dnext[i] / s;
}

/// The second half: grad div dg on top for p, div dg / weight for x.
@compute @workgroup_size(WG)
fn spread(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (plane * H + h) * W + w
  if (i >= params.P * params.H * params.W) { return; }
  let h = i / params.W % params.H;
  let w = i % params.W;
  let here = spreadDivergence(i, h, w);
  var g = vec2f();
  if (h + 1u < params.H) { g.x = spreadDivergence(i + params.W, h + 1u, w) - here; }
  if (w + 1u < params.W) { g.y = spreadDivergence(i + 1u, h, w + 1u) - here; }
  dp[i] = rest[i] + g;
  dx[i] += here / params.weight;
}
