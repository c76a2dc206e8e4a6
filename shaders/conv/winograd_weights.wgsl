// Winograd's transforms of 3x3 weights, for the formulas of winograd.wgsl, which belongs to this file:
//
//   forward   U = G w G^T       [36, rows, columns] of w; with `flip` the taps in reverse order, for the input gradient
//   backward  dw += G^T dU G    of dU [36, O, C]; `add` 0 overwrites
//
// The weights of (row, column) begin at row row_stride + column column_stride. One of them a thread.
// Limited by loads and stores: 9 + 36, 36 + 9.
// RADV for an RX 7900 (bench --isa, docs/performance.md): 48 registers, 32 waves, 4.5 vector instructions for one of
// memory.
struct Params { rows: u32, columns: u32, row_stride: u32, column_stride: u32, flip: u32, add: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> U: array<f32>;
@group(0) @binding(3) var<storage, read> dU: array<f32>;
@group(0) @binding(4) var<storage, read_write> dw: array<f32>;

const WG: u32 = 64;

fn start(i: u32) -> u32 { return i / params.columns * params.row_stride + i % params.columns * params.column_stride; }

fn put(r: Row, a: u32, i: u32) {
  let step = params.rows * params.columns;
  let at = i + 6u * a * step;
  U[at] = r[0].x;
  U[at + step] = r[0].y;
  U[at + 2u * step] = r[0].z;
  U[at + 3u * step] = r[1].x;
  U[at + 4u * step] = r[1].y;
  U[at + 5u * step] = r[1].z;
}

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.rows * params.columns) { return; }
  let at = start(i);
  var taps = array<vec3<f32>, 3>(vec3(w[at], w[at + 1u], w[at + 2u]), vec3(w[at + 3u], w[at + 4u], w[at + 5u]),
      vec3(w[at + 6u], w[at + 7u], w[at + 8u]));
  if (params.flip != 0u) { taps = array<vec3<f32>, 3>(taps[2].zyx, taps[1].zyx, taps[0].zyx); }
  let g = Grid(Row(taps[0], vec3(0.0)), Row(taps[1], vec3(0.0)), Row(taps[2], vec3(0.0)), Row(), Row(), Row());
  let u = flipped(weight_rows(flipped(weight_rows(g))));
  put(u[0], 0u, i); put(u[1], 1u, i); put(u[2], 2u, i); put(u[3], 3u, i); put(u[4], 4u, i); put(u[5], 5u, i);
}

fn take(a: u32, i: u32) -> Row {
  let step = params.rows * params.columns;
  let at = i + 6u * a * step;
  return Row(dU[at], dU[at + step], dU[at + 2u * step], dU[at + 3u * step], dU[at + 4u * step], dU[at + 5u * step]);
}

fn add_row(v: vec3<f32>, at: u32) {
  var sum = v;
  if (params.add != 0u) { sum += vec3(dw[at], dw[at + 1u], dw[at + 2u]); }
  dw[at] = sum.x;
  dw[at + 1u] = sum.y;
  dw[at + 2u] = sum.z;
}

@compute @workgroup_size(WG)
fn backward(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.rows * params.columns) { return; }
  let g = Grid(take(0u, i), take(1u, i), take(2u, i), take(3u, i), take(4u, i), take(5u, i));
  let r = flipped(weight_gradient_rows(flipped(weight_gradient_rows(g))));
  let at = start(i);
  add_row(r[0][0], at);
  add_row(r[1][0], at + 3u);
  add_row(r[2][0], at + 6u);
}
