// The inputs that a convolution sums, for conv2d_input.wgsl and conv2d_dw_input.wgsl: zero outside the image, a kernel
// row loaded once for all its taps. They give x, params.W and params.SW, TAPS and STRIDE.

alias V = vec4<f32>;
alias Block = array<vec4<f32>, 4>; // 4 x 4 numbers of taps, outputs or channels

/** x[row + w], or 0 outside the image */
fn pixel(row: i32, w: i32, row_inside: bool) -> f32 {
  let inside = row_inside & (u32(w) < params.W);
  return select(0.0, x[select(0u, u32(row + w), inside)], inside);
}

/** Inputs of one kernel row: block[j] = tap j for the outputs ow..ow+3. w: input column of tap 0 for output ow. */
fn row_block(row: i32, w: i32, inside: bool) -> Block {
  var v: array<f32, 10>;
  v[0] = pixel(row, w, inside);
  v[1] = pixel(row, w + 1, inside);
  v[2] = pixel(row, w + 2, inside);
  v[3] = pixel(row, w + 3, inside);
  v[4] = pixel(row, w + 4, inside);
  if (3u * STRIDE + TAPS > 5u) { v[5] = pixel(row, w + 5, inside); }
  if (3u * STRIDE + TAPS > 6u) { v[6] = pixel(row, w + 6, inside); }
  if (3u * STRIDE + TAPS > 7u) { v[7] = pixel(row, w + 7, inside); }
  if (3u * STRIDE + TAPS > 8u) { v[8] = pixel(row, w + 8, inside); }
  if (3u * STRIDE + TAPS > 9u) { v[9] = pixel(row, w + 9, inside); }
  return Block(
    V(v[0], v[STRIDE], v[2u * STRIDE], v[3u * STRIDE]),
    V(v[1], v[STRIDE + 1u], v[2u * STRIDE + 1u], v[3u * STRIDE + 1u]),
    V(v[2], v[STRIDE + 2u], v[2u * STRIDE + 2u], v[3u * STRIDE + 2u]),
    V(v[3], v[STRIDE + 3u], v[2u * STRIDE + 3u], v[3u * STRIDE + 3u]));
}

/** The inputs of one tap for four outputs; w: the input column of the first. */
fn four_pixels(row: i32, w: i32, inside: bool) -> V {
  let step = i32(params.SW);
  return V(pixel(row, w, inside), pixel(row, w + step, inside), pixel(row, w + 2 * step, inside),
      pixel(row, w + 3 * step, inside));
}

fn finite(v: V) -> vec4<bool> { return (bitcast<vec4<u32>>(v) & vec4<u32>(0x7f800000u)) != vec4<u32>(0x7f800000u); }
