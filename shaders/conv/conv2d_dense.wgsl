// A convolution of images so small that every output sees every input, as between 2x2 images or onto one pixel, is a
// matrix product of x [N, C H W] with a matrix that has each weight in several places:
//
//   M[(o, oh, ow), (c, h, w)] = weight[o, c, (h + PH - oh SH) / DH, (w + PW - ow SW) / DW]
//
//   spread:   M, or with BY_INPUT its transpose
//   collect:  dw[o, c, i, j] = sum over the places of that weight of dM [O OH OW, C H W]
//
// Shapes: weight and dw [O,C,KH,KW]. One thread for each pair (o, c). Limited by stores; M is used by N rows.
// RADV for an RX 7900 (bench --isa, docs/performance.md): 8 to 12 registers, 32 waves.
struct Params {
  O: u32, C: u32, H: u32, W: u32, OH: u32, OW: u32, KH: u32, KW: u32, SH: u32, SW: u32, PH: u32, PW: u32, DH: u32,
  DW: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> M: array<f32>;
@group(0) @binding(3) var<storage, read> dM: array<f32>;
@group(0) @binding(4) var<storage, read_write> dw: array<f32>;

const WG: u32 = 64;
const BY_INPUT = false;
const DILATED = false; // DH and DW may be other than 1

@compute @workgroup_size(WG)
fn spread(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let pair = gid.x + gid.y * groups.x * WG;
  if (pair >= params.O * params.C) { return; }
  let o = pair / params.C;
  let c = pair % params.C;
  let inputs = params.H * params.W;
  let outputs = params.OH * params.OW;
  let across = select(params.C * inputs, params.O * outputs, BY_INPUT); // columns of M
  let step = select(1u, across, BY_INPUT); // from an input to the next
  let first = select(o * outputs * across + c * inputs, c * inputs * across + o * outputs, BY_INPUT);
  var row = first;
  for (var oh = 0u; oh < params.OH; oh++) {
    for (var ow = 0u; ow < params.OW; ow++) {
      var at = row;
      for (var h = 0u; h < params.H; h++) {
        let down = h + params.PH - oh * params.SH;
        let i = (pair * params.KH + select(down, down / params.DH, DILATED)) * params.KW;
        for (var w = 0u; w < params.W; w++) {
          let right = w + params.PW - ow * params.SW;
          M[at] = weight[i + select(right, right / params.DW, DILATED)];
          at += step;
        }
      }
      row += select(across, 1u, BY_INPUT);
    }
  }
}

@compute @workgroup_size(WG)
fn collect(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let pair = gid.x + gid.y * groups.x * WG;
  if (pair >= params.O * params.C) { return; }
  let o = pair / params.C;
  let c = pair % params.C;
  let columns = params.C * params.H * params.W;
  for (var i = 0u; i < params.KH; i++) {
    for (var j = 0u; j < params.KW; j++) {
      var sum = 0.0;
      for (var oh = 0u; oh < params.OH; oh++) {
        let h = oh * params.SH + i * params.DH - params.PH;
        if (h >= params.H) { continue; }
        for (var ow = 0u; ow < params.OW; ow++) {
          let w = ow * params.SW + j * params.DW - params.PW;
          let row = (o * params.OH + oh) * params.OW + ow;
          if (w < params.W) { sum += dM[row * columns + (c * params.H + h) * params.W + w]; }
        }
      }
      dw[(pair * params.KH + i) * params.KW + j] = sum;
    }
  }
}
