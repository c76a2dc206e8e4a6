// C = bias + the sum of the parts of a matrix product split along K, always in the same order, with an optional relu.
//   C[b, m, n] = sum over p of parts[b, p, m, n] + bias[n]
//
// Shapes: parts [b, count, M, N]; bias [N]; C [b, M, N]; entry = M N, size = b M N. Grid: ceil(size / WG) folded over x
// and y.
// Limited by loads. RADV for an RX 7900 (bench --isa, docs/performance.md): 12 registers, 32 waves.
struct Params { size: u32, entry: u32, N: u32, count: u32, has_bias: u32, relu: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> C: array<f32>;

const WG = 64u;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let e = (group.y * groups.x + group.x) * WG + local;
  if (e >= params.size) { return; }
  let first = e / params.entry * params.count * params.entry + e % params.entry;
  var sum = 0.0;
  if (params.has_bias != 0u) { sum = bias[e % params.N]; }
  for (var p = 0u; p < params.count; p++) { sum += parts[first + p * params.entry]; }
  C[e] = select(sum, 0.0, negative1(sum) && params.relu != 0u);
}
