// Weight and bias gradient of a convolution, second pass: adds the parts in their order, so that the bits never change.
//   dw[e] = sum over p of partial[p, e];  db[o] = sum over p of partial[p, weights + o]
//
// Shapes: partial [parts, weights + O]; dw [weights]; db [O]. Grid: ceil((weights + O) / WG) folded over x and y.
struct Params { weights: u32, O: u32, parts: u32, has_bias: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partial: array<f32>;
@group(0) @binding(2) var<storage, read_write> dw: array<f32>;
@group(0) @binding(3) var<storage, read_write> db: array<f32>;

override WG = 64u;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let e = (group.y * groups.x + group.x) * WG + local;
  let size = params.weights + params.O;
  if (e >= size) { return; }
  var sum = 0.0;
  for (var p = 0u; p < params.parts; p++) { sum += partial[p * size + e]; }
  if (e < params.weights) { dw[e] = sum; }
  else if (params.has_bias != 0u) { db[e - params.weights] = sum; }
}
