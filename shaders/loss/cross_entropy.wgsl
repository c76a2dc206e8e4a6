// Cross-entropy of logits x[n,c] with the target t[n,c] = (1 - s) [c = y_n] + s / C, one row a thread:
//   loss[n] = (1 - s) (lse - x[n,y]) + s / C sum_c (lse - x[n,c]),   lse = log sum_c exp x[n,c]
//   dlogits[n,c] = g (p_c - t_c),   g = scale * dy
// N batch, C classes, y_n = labels[n], s label smoothing. lse = m + log1p(sum of the others) keeps the digits of a
// small loss. The true class's gradient is written as minus the sum of the others (all of them add up to zero): in
// float32 p_y - 1 is zero as soon as 1 - p_y < 6e-8, and an attack would see no gradient at all.
// A label outside 0..C-1 gives NaN, so that it cannot pass unseen, and so does a row whose largest logit is not finite,
// as in PyTorch. By log1p.wgsl and special.wgsl. Limited by the launch: rows are short.
struct Params { N: u32, C: u32, smoothing: f32, scale: f32, each: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<i32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> dlogits: array<f32>;

const WG: u32 = 64;

/// The class with the largest logit of a row (the first of them, or one that is NaN) and the sum of exp(x_c - max) over
/// the others.
struct Top { best: u32, others: f32 }

fn top(base: u32) -> Top {
  var best = 0u;
  for (var c = 1u; c < params.C; c++) {
    let v = logits[base + c];
    if (v > logits[base + best] || isNan1(v)) { best = c; }
  }
  var others = 0.0;
  for (var c = 0u; c < params.C; c++) { if (c != best) { others += exp(logits[base + c] - logits[base + best]); } }
  return Top(best, others);
}

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = gid.x + gid.y * groups.x * WG;
  if (n >= params.N) { return; }
  let base = n * params.C;
  let label = labels[n];
  if (label < 0 || label >= i32(params.C)) { loss[n] = nan(); return; }
  let t = top(base);
  let m = logits[base + t.best];
  if (!isFinite1(m)) { loss[n] = nan(); return; }
  let rest = log1p(t.others);
  var sum = 0.0;
  if (params.smoothing > 0.0) { for (var c = 0u; c < params.C; c++) { sum += m - logits[base + c] + rest; } }
  loss[n] = (1.0 - params.smoothing) * (m - logits[base + u32(label)] + rest) + params.smoothing / f32(params.C) * sum;
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = gid.x + gid.y * groups.x * WG;
  if (n >= params.N) { return; }
  let base = n * params.C;
  let label = labels[n];
  let t = top(base);
  let m = logits[base + t.best];
  let g = params.scale * dy[n * params.each];
  let off = params.smoothing / f32(params.C);
  let sound = isFinite1(m) && label >= 0 && label < i32(params.C);
  var sum = 0.0;
  for (var c = 0u; c < params.C; c++) {
    if (i32(c) == label) { continue; }
    let p = select(nan(), exp(logits[base + c] - m) / (1.0 + t.others), sound);
    let d = p - off;
    dlogits[base + c] = g * d;
    sum += d;
  }
  if (label >= 0 && label < i32(params.C)) { dlogits[base + u32(label)] = -g * sum; }
}
