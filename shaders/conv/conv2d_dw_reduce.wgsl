// Weight and bias gradient of a convolution, second pass: adds the parts, always in the same order.
//   dw[e] = sum over p of partial[p, e];  db[o] = sum over p of partial[p, weights + o]
//
// Shapes: partial [parts, weights + O]; dw [weights]; db [O]. Grid: ceil((weights + O) LANES / WG) folded over x and y.
//
// Idea: one invocation an element; where parts are many, LANES share an element, each with every LANES-th part.
//
// Measured on an H100, 1,024 parts of 320 elements: 0.20 ms with one lane, 0.024 with sixteen.
// RADV for an RX 7900 (bench --isa, docs/performance.md): 12 registers, 32 waves.
struct Params { weights: u32, O: u32, parts: u32, has_bias: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partial: array<f32>;
@group(0) @binding(2) var<storage, read_write> dw: array<f32>;
@group(0) @binding(3) var<storage, read_write> db: array<f32>;

const LANES = 1u; // 1 or 16
const WG = 64u;

var<workgroup> sums: array<f32, WG>; // [lane][element]

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let across = WG / LANES;
  let e = (group.y * groups.x + group.x) * across + local % across;
  let size = params.weights + params.O;
  var sum = 0.0;
  for (var p = local / across; p < params.parts && e < size; p += LANES) { sum += partial[p * size + e]; }
  if (LANES > 1u) {
    sums[local] = sum;
    workgroupBarrier();
    for (var lane = 1u; lane < LANES && local < across; lane++) { sum += sums[lane * across + local]; }
  }
  if (local >= across || e >= size) { return; }
  if (e < params.weights) { dw[e] = sum; }
  else if (params.has_bias != 0u) { db[e - params.weights] = sum; }
}
