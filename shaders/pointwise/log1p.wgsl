// log(1 + x) for x >= 0 without loss of digits: a series below 1/16 (error under 2e-7 of the result), else the plain
// logarithm. Appended, with special.wgsl, to the losses, whose value for a sure and right prediction is log(1 + tiny).
fn log1p(x: f32) -> f32 {
  if (x < 0.0625) { return x * (1.0 - x * (0.5 - x * (0.33333334 - x * (0.25 - x * 0.2)))); }
  return log1(1.0 + x);
}
