// erfc(z) = exp(-z^2) t Q(t) with t = 1 / (1 + z/2), for z in [0, 12]: Q is a minimax fit of degree 8 (relative error
// 5e-8; 4e-7 with float32 rounding).
fn erfc(z: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.5 * z);
  let low = 0.28208447 + t * (0.28240952 + t * (0.24285421 + t * 0.20367621));
  let q = low + t * t * t * t * (-0.028966708 + t * (0.2814677 + t * (-0.4901731 + t * (0.2860109 - t * 0.059363216))));
  return exp4(-z * z) * t * q;
}
