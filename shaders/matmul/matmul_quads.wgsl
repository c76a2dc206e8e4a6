// Memory of matmul_operands.wgsl where the rows of A, B and C are whole vec4s: four neighbours are all inside, or none
// is.
@group(0) @binding(1) var<storage, read> A: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> B: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> C: array<vec4<f32>>;

/** A[i..i+3]; zero where `count` is 0. */
fn a_quad(i: u32, count: u32) -> vec4<f32> {
  if (count == 0u) { return vec4<f32>(); }
  return A[i / 4u];
}

fn b_quad(i: u32, count: u32) -> vec4<f32> {
  if (count == 0u) { return vec4<f32>(); }
  return B[i / 4u];
}

fn c_quad(i: u32, _count: u32, y: vec4<f32>) { C[i / 4u] = y; }
