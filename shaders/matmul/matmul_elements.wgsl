// Memory of matmul_operands.wgsl for any sizes: element by element.
@group(0) @binding(1) var<storage, read> A: array<f32>;
@group(0) @binding(2) var<storage, read> B: array<f32>;
@group(0) @binding(4) var<storage, read_write> C: array<f32>;

/** A[i..i+3], of which the first `count` are inside; zero for the others. */
fn a_quad(i: u32, count: u32) -> vec4<f32> {
  var v: vec4<f32>;
  if (count > 0u) { v.x = A[i]; }
  if (count > 1u) { v.y = A[i + 1u]; }
  if (count > 2u) { v.z = A[i + 2u]; }
  if (count > 3u) { v.w = A[i + 3u]; }
  return v;
}

fn b_quad(i: u32, count: u32) -> vec4<f32> {
  var v: vec4<f32>;
  if (count > 0u) { v.x = B[i]; }
  if (count > 1u) { v.y = B[i + 1u]; }
  if (count > 2u) { v.z = B[i + 2u]; }
  if (count > 3u) { v.w = B[i + 3u]; }
  return v;
}

fn c_quad(i: u32, count: u32, y: vec4<f32>) {
  for (var j = 0u; j < count; j++) { C[i + j] = y[j]; }
}
