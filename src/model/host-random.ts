// Random numbers on the host, for initial weights, shuffles and k-means: the same on every machine.

/** Uniform numbers in [0, 1) from a seed, all 53 bits of it: mulberry32 (Tommy Ettinger, public domain). */
export function hostRandom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9 ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** 0..n-1 in random order (Fisher and Yates). */
export function permutation(n: number, random: () => number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
