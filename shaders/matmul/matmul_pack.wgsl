// Operands of a matrix product in panels, as matmul_subgroup.wgsl reads them with PACKED: what a workgroup needs lies
// in one piece, in the order in which it is read, instead of in rows whose distance may be a power of two, which then
// fall on the same few lines of the cache.
//
//   rows of A:     panel[p][k / 4][r][k % 4] = X[p WIDTH + r, k]     r < WIDTH rows of a tile
//   columns of B:  panel[p][k][r]            = X[p WIDTH + r, k]     BY_K
//
// X[r, k] stands at r row_stride + k k_stride of a batch entry of x, whose entries are `batch` elements apart; R rows,
// K summed elements, rounded up to K4. Zero beyond R and K. Four elements a thread.
// Grid: [ceil(K4 WIDTH / 4 / WG), panels, batch]. Limited by loads.
struct Params { R: u32, K: u32, K4: u32, row_stride: u32, k_stride: u32, batch: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> panel: array<vec4<f32>>;

const WG: u32 = 64;
const WIDTH = 16u;
const BY_K = false;

fn element(r: u32, k: u32, base: u32) -> f32 {
  let inside = (r < params.R) & (k < params.K);
  return select(0.0, x[select(0u, base + r * params.row_stride + k * params.k_stride, inside)], inside);
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let each = params.K4 * WIDTH / 4u;
  if (gid.x >= each) { return; }
  let base = gid.z * params.batch;
  var v: vec4<f32>;
  if (BY_K) {
    let k = gid.x / (WIDTH / 4u);
    let r = gid.y * WIDTH + gid.x % (WIDTH / 4u) * 4u;
    v = vec4(element(r, k, base), element(r + 1u, k, base), element(r + 2u, k, base), element(r + 3u, k, base));
  } else {
    let k = gid.x / WIDTH * 4u;
    let r = gid.y * WIDTH + gid.x % WIDTH;
    v = vec4(element(r, k, base), element(r, k + 1u, base), element(r, k + 2u, base), element(r, k + 3u, base));
  }
  panel[(gid.z * groups.y + gid.y) * each + gid.x] = v;
}
