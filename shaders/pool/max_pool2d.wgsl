// Maximum over windows: y[n,c,oh,ow] = max over kh, kw of x[n,c, oh SH - PH + kh DH, ow SW - PW + kw DW].
// N batch, C channels (P = N C planes), H, W in, OH, OW out; KH x KW window, S stride, P padding (as if -inf, so it
// never wins), D dilation. Ties send the whole gradient to the first maximum in row-major order, as PyTorch does on the
// CPU; the last NaN wins over all numbers.
// Backward gathers: the thread of x[.,h,w] visits the windows that contain it and takes dy where it is the window's
// first maximum (`at` [N,C,OH,OW] keeps h W + w of it), so it needs no atomics and is the same every run.
// One element a thread. Limited by loads, and on software adapters by loop turns: so the window is a constant.
// `tiles` is the backward pass for windows that touch and do not overlap (S = K, D = 1, P = 0): the thread of a window
// writes its whole tile. Forward: two divisions instead of six and selects instead of branches gained 1.4 times
// (SwiftShader) and 1.1 times (lavapipe) on 16x28x28 at batch 100.
struct Params { P: u32, H: u32, W: u32, OH: u32, OW: u32, SH: u32, SW: u32, PH: u32, PW: u32, DH: u32, DW: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> at: array<u32>;
@group(0) @binding(4) var<storage, read> winner: array<u32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read_write> dx: array<f32>;

const WG: u32 = 64;
const KH = 2u;
const KW = 2u;

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (p * OH + oh) * OW + ow
  if (i >= params.P * params.OH * params.OW) { return; }
  let row = i / params.OW;
  let p = row / params.OH;
  let top = (row - p * params.OH) * params.SH - params.PH;
  let left = (i - row * params.OW) * params.SW - params.PW;
  let plane = p * params.H * params.W;
  var best = 0.0;
  var place = 0xffffffffu;
  for (var kh = 0u; kh < KH; kh++) {
    let h = top + kh * params.DH; // wraps below zero: then it is >= H
    for (var kw = 0u; kw < KW; kw++) {
      let w = left + kw * params.DW;
      let inside = (h < params.H) & (w < params.W);
      let here = h * params.W + w;
      let v = x[select(0u, plane + here, inside)];
      let better = inside & ((place == 0xffffffffu) | (v > best) | isNan1(v));
      best = select(best, v, better);
      place = select(place, here, better);
    }
  }
  y[i] = best;
  at[i] = place;
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (p * H + h) * W + w
  if (i >= params.P * params.H * params.W) { return; }
  let row = i / params.W;
  let p = row / params.H;
  let h = row - p * params.H;
  let w = i - row * params.W;
  let here = h * params.W + w;
  let plane = p * params.OH * params.OW;
  var sum = 0.0;
  for (var kh = 0u; kh < KH; kh++) {
    let top = h + params.PH - kh * params.DH; // = oh * SH; wraps below zero: then oh >= OH
    let oh = top / params.SH;
    if (oh * params.SH != top || oh >= params.OH) { continue; }
    for (var kw = 0u; kw < KW; kw++) {
      let left = w + params.PW - kw * params.DW;
      let ow = left / params.SW;
      if (ow * params.SW != left || ow >= params.OW) { continue; }
      let o = plane + oh * params.OW + ow;
      if (winner[o] == here) { sum += dy[o]; }
    }
  }
  dx[i] = sum;
}

@compute @workgroup_size(WG)
fn tiles(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (p * down + oh) * across + ow, windows that hang over the edge included
  let across = (params.W + KW - 1u) / KW;
  let down = (params.H + KH - 1u) / KH;
  if (i >= params.P * down * across) { return; }
  let row = i / across;
  let p = row / down;
  let ow = i - row * across;
  let oh = row - p * down;
  let whole = oh < params.OH && ow < params.OW;
  let o = select(0u, (p * params.OH + oh) * params.OW + ow, whole);
  let place = select(0xffffffffu, winner[o], whole);
  let gradient = dy[o];
  for (var kh = 0u; kh < KH; kh++) {
    for (var kw = 0u; kw < KW; kw++) {
      let h = oh * KH + kh;
      let w = ow * KW + kw;
      let here = h * params.W + w;
      if (h < params.H && w < params.W) { dx[p * params.H * params.W + here] = select(0.0, gradient, here == place); }
    }
  }
}
