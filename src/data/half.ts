// Half precision (IEEE 754 binary16) on the host, as safetensors' F16 stores it: bits in 16-bit integers.

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The half nearest to a float32, ties to even; beyond 65,504 it is infinite. */
function half(value: number): number {
  float[0] = value;
  const sign = (bits[0]! >>> 16) & 0x8000;
  const magnitude = Math.abs(float[0]!);
  if (Number.isNaN(magnitude)) return sign | 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  // adding and taking away 2^k rounds to the half's last place there: 2^-24 below the normal range
  const place = Math.max(-24, Math.floor(Math.log2(magnitude || 1e-30)) - 10);
  const units = magnitude / 2 ** place;
  const even = Math.round(units) - Number(units % 1 === 0.5 && Math.round(units) % 2 === 1);
  if (place === -24) return sign | even; // subnormal, or the first normal
  return sign + (((place + 25) << 10) + (even - 1024)); // a carry moves the exponent by itself
}

export const toHalf = (values: ArrayLike<number>): Uint16Array => Uint16Array.from(values, half);

const fromBits = (h: number): number => {
  const [exponent, fraction] = [(h >> 10) & 31, h & 1023];
  const magnitude = exponent === 31 ? (fraction ? NaN : Infinity)
    : exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return h & 0x8000 ? -magnitude : magnitude;
};

export const fromHalf = (halves: ArrayLike<number>): Float32Array => Float32Array.from(halves, fromBits);
