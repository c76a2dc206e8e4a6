// One draw of a generator: hands its counter to the kernels that use it, then moves it on by one.
// state = [seed low, seed high, counter low, counter high]; draw gets a copy from before the step.
@group(0) @binding(0) var<storage, read_write> state: array<u32, 4>;
@group(0) @binding(1) var<storage, read_write> draw: array<u32, 4>;

@compute @workgroup_size(1)
fn main() {
  for (var i = 0u; i < 4u; i++) { draw[i] = state[i]; }
  state[2] += 1u;
  if (state[2] == 0u) { state[3] += 1u; }
}
