// Mean over windows: y[n,c,oh,ow] = 1/count sum over kh, kw of x[n,c, oh SH - PH + kh, ow SW - PW + kw].
// N batch, C channels (P = N C planes), H, W in, OH, OW out; KH x KW window, S stride, P padding with zeros. count is
// the window's size without what hangs over the padded edge (includePad 1), or only its part inside x (includePad 0).
// Backward gathers: dx[.,h,w] is the sum of dy / count over the windows that contain it. One element a thread. Limited
// by loads.
struct Params { P: u32, H: u32, W: u32, OH: u32, OW: u32, KH: u32, KW: u32, SH: u32, SW: u32, PH: u32, PW: u32,
    includePad: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

const WG: u32 = 64;

/// Rows or columns that count in the window that begins at `start` (padding included) of a dimension of `size`.
fn extent(start: u32, k: u32, size: u32, pad: u32) -> u32 {
  if (params.includePad == 1u) { return min(start + k, size + 2u * pad) - start; }
  return min(start + k, size + pad) - max(start, pad);
}

fn count(oh: u32, ow: u32) -> f32 {
  return f32(extent(oh * params.SH, params.KH, params.H, params.PH) * extent(ow * params.SW, params.KW, params.W,
      params.PW));
}

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (p * OH + oh) * OW + ow
  if (i >= params.P * params.OH * params.OW) { return; }
  let oh = i / params.OW % params.OH;
  let ow = i % params.OW;
  let plane = i / (params.OW * params.OH) * params.H * params.W;
  var sum = 0.0;
  for (var kh = 0u; kh < params.KH; kh++) {
    let h = oh * params.SH + kh - params.PH; // wraps below zero: then it is >= H
    if (h >= params.H) { continue; }
    for (var kw = 0u; kw < params.KW; kw++) {
      let w = ow * params.SW + kw - params.PW;
      if (w < params.W) { sum += x[plane + h * params.W + w]; }
    }
  }
  y[i] = sum / count(oh, ow);
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (p * H + h) * W + w
  if (i >= params.P * params.H * params.W) { return; }
  let h = i / params.W % params.H;
  let w = i % params.W;
  let plane = i / (params.W * params.H) * params.OH * params.OW;
  var sum = 0.0;
  for (var kh = 0u; kh < params.KH; kh++) {
    let top = h + params.PH - kh; // = oh * SH; wraps below zero: then oh >= OH
    let oh = top / params.SH;
    if (oh * params.SH != top || oh >= params.OH) { continue; }
    for (var kw = 0u; kw < params.KW; kw++) {
      let left = w + params.PW - kw;
      let ow = left / params.SW;
      if (ow * params.SW != left || ow >= params.OW) { continue; }
      sum += dy[plane + oh * params.OW + ow] / count(oh, ow);
    }
  }
  dx[i] = sum;
}
