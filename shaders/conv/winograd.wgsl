// What winograd_tiles.wgsl and winograd_weights.wgsl share: Winograd's minimal filtering F(4x4, 3x3), by which a 4x4
// tile of a 3x3 convolution with stride 1 takes 36 multiplications a channel instead of 144 (Lavin and Gray,
// arXiv:1509.09308; points 0, 1, -1, 1/2, -2 and infinity, after Barabasz et al., arXiv:1803.10986):
//
//   y = A^T [ (G w G^T) * (B^T x B) ] A      x 6x6 inputs of the tile, w 3x3, y 4x4, * element by element
//
// and by the chain rule the weight gradient  dw = G^T [ (A dy A^T) * (B^T x B) ] G.  Summed over channels (or tiles),
// the element-wise products are 36 matrix products. With the usual points (0, 1, -1, 2, -2) the root mean square error
// of 64 channels is 1.5 times larger; with these it is 3 times that of the plain sum, 3e-6 of the largest result at
// most.
//
// Measured (batch 32, one EPYC core), GFLOP/s of useful work forward / input gradient / weight gradient, the direct
// kernels in brackets: 64-64 32x32 25 / 25 / 29 (15.8 / 15.0 / 11.2), 256-256 8x8 35 / 36 / 30 (11.0 / 10.5 / 11.2) on
// lavapipe, 128-128 16x16 8.6 / 8.9 / 8.2 on SwiftShader (64-64 direct: 3.2). Two thirds of the time are the matrix
// products.
//
// A grid is six rows; a row is six numbers, kept as a 2x3 matrix because those can be added and scaled.
alias Row = mat2x3<f32>;
alias Grid = array<mat2x3<f32>, 6>;

fn flipped(g: Grid) -> Grid {
  return Grid(
    Row(g[0][0].x, g[1][0].x, g[2][0].x, g[3][0].x, g[4][0].x, g[5][0].x),
    Row(g[0][0].y, g[1][0].y, g[2][0].y, g[3][0].y, g[4][0].y, g[5][0].y),
    Row(g[0][0].z, g[1][0].z, g[2][0].z, g[3][0].z, g[4][0].z, g[5][0].z),
    Row(g[0][1].x, g[1][1].x, g[2][1].x, g[3][1].x, g[4][1].x, g[5][1].x),
    Row(g[0][1].y, g[1][1].y, g[2][1].y, g[3][1].y, g[4][1].y, g[5][1].y),
    Row(g[0][1].z, g[1][1].z, g[2][1].z, g[3][1].z, g[4][1].z, g[5][1].z));
}

/** B^T g */
fn input_rows(g: Grid) -> Grid {
  return Grid(
    g[0] + 1.5 * (g[3] - g[1]) - 2.0 * g[2] + g[4],
    g[4] - g[1] + 0.5 * g[2] + 2.5 * g[3],
    g[4] + g[1] - 2.5 * g[2] + 0.5 * g[3],
    g[4] - g[2] + 2.0 * (g[3] - g[1]),
    g[4] - g[2] + 0.5 * (g[1] - g[3]),
    g[5] + g[1] + 1.5 * (g[4] - g[2]) - 2.0 * g[3]);
}

/** A^T g: four rows */
fn output_rows(g: Grid) -> Grid {
  let sum = g[1] + g[2];
  let difference = g[1] - g[2];
  return Grid(
    g[0] + sum + g[3] + g[4],
    difference + 0.5 * g[3] - 2.0 * g[4],
    sum + 0.25 * g[3] + 4.0 * g[4],
    difference + 0.125 * g[3] - 8.0 * g[4] + g[5],
    Row(), Row());
}

/** A g, of four rows */
fn gradient_rows(g: Grid) -> Grid {
  let even = g[0] + g[2];
  let odd = g[1] + g[3];
  return Grid(g[0], even + odd, even - odd, g[0] + 0.5 * g[1] + 0.25 * g[2] + 0.125 * g[3],
      g[0] - 2.0 * g[1] + 4.0 * g[2] - 8.0 * g[3], g[3]);
}

/** G g, of three rows */
fn weight_rows(g: Grid) -> Grid {
  let ends = g[0] + g[2];
  return Grid(
    g[0], (1.0 / 3.0) * (ends + g[1]), (1.0 / 3.0) * (g[1] - ends),
    (-4.0 / 15.0) * (4.0 * g[0] + 2.0 * g[1] + g[2]), (1.0 / 15.0) * (g[0] - 2.0 * g[1] + 4.0 * g[2]), g[2]);
}

/** G^T g: three rows */
fn weight_gradient_rows(g: Grid) -> Grid {
  let thirds = (1.0 / 3.0) * (g[1] - g[2]);
  return Grid(
    g[0] + thirds - (16.0 / 15.0) * g[3] + (1.0 / 15.0) * g[4],
    (1.0 / 3.0) * (g[1] + g[2]) - (8.0 / 15.0) * g[3] - (2.0 / 15.0) * g[4],
    thirds - (4.0 / 15.0) * g[3] + (4.0 / 15.0) * g[4] + g[5],
    Row(), Row(), Row());
}
