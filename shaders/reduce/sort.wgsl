// Stable sorting along the middle of [A, R, B] by a bitonic network (Batcher 1968) over pairs (key, index), of which
// there are P, a power of two, for each of the A B rows.
//   begin: pairs[row, i] = (key of x, i); beyond R the largest of all keys
//   step:  exchanges what is out of order at a distance of `stride` in blocks of `block`
//   end:   values and indices of the first K pairs
//
// A key is a float's bits in an order that unsigned numbers have: the sign bit turned, all bits of negative ones. NaN
// is the largest number, as in PyTorch. Equal keys are ordered by their index, so the order is the stable one;
// DESCENDING turns the keys, not the indices. Limited by loads and stores: log2(P) (log2(P) + 1) / 2 passes.
struct Params { A: u32, R: u32, B: u32, P: u32, K: u32, stride: u32, block: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> pairs: array<vec2u>;
@group(0) @binding(3) var<storage, read> sorted: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> values: array<f32>;
@group(0) @binding(5) var<storage, read_write> indices: array<i32>;

const WG: u32 = 64;
const DESCENDING = false;

fn key(v: f32) -> u32 {
  let bits = bitcast<u32>(v);
  let zero = select(bits, 0u, bits == 0x80000000u); // -0 and 0 are equal
  let up = select(zero ^ 0x80000000u, ~zero, zero >> 31u == 1u);
  let ordered = select(up, 0xfffffffeu, (bits & 0x7fffffffu) > 0x7f800000u);
  return select(ordered, 0xfffffffeu - ordered, DESCENDING);
}

/// Where element r of a row stands in x.
fn place(row: u32, r: u32) -> u32 { return (row / params.B * params.R + r) * params.B + row % params.B; }

@compute @workgroup_size(WG)
fn begin(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.A * params.B * params.P) { return; }
  let r = i % params.P;
  pairs[i] = vec2u(0xffffffffu, r);
  if (r < params.R) { pairs[i].x = key(x[place(i / params.P, r)]); }
}

fn before(a: vec2u, b: vec2u) -> bool { return a.x < b.x || (a.x == b.x && a.y < b.y); }

@compute @workgroup_size(WG)
fn step(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG;
  if (i >= params.A * params.B * params.P / 2u) { return; }
  let low = i / params.stride * 2u * params.stride + i % params.stride;
  let high = low + params.stride;
  let a = pairs[low];
  let b = pairs[high];
  let rising = ((low % params.P) & params.block) == 0u;
  if (before(b, a) == rising) {
    pairs[low] = b;
    pairs[high] = a;
  }
}

@compute @workgroup_size(WG)
fn end(@builtin(global_invocation_id) gid: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = gid.x + gid.y * groups.x * WG; // = (a * K + k) * B + b
  if (i >= params.A * params.K * params.B) { return; }
  let row = i / params.B / params.K * params.B + i % params.B;
  let r = sorted[row * params.P + i / params.B % params.K].y;
  values[i] = x[place(row, r)];
  indices[i] = i32(r);
}
