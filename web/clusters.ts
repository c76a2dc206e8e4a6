// Which cluster an image belongs to, and what a cluster is called: by what most of its images are.

/** The nearest mean of each code: argmax_y Q(y|mu(x)). codes [n,d], means [K,d]. */
export function nearestMeans(codes: Float32Array, means: Float32Array, d: number): Int32Array {
  return Int32Array.from({ length: codes.length / d }, (_, i) => {
    let [best, least] = [0, Infinity];
    for (let k = 0; k < means.length / d; k++) {
      let far = 0;
      for (let c = 0; c < d; c++) far += (codes[i * d + c]! - means[k * d + c]!) ** 2;
      if (far < least) [best, least] = [k, far];
    }
    return best;
  });
}

/** A cluster by its commonest class. */
export interface Named {
  /** -1 where it has no images. */
  commonest: number;
  /** How many of its images are of that class, and how many it has. */
  share: [of: number, all: number];
}

/** `of`: the cluster of each image, below `clusters`; `labels`: its class. A draw goes to the lower class. */
export function nameClusters(of: ArrayLike<number>, labels: ArrayLike<number>, clusters: number): Named[] {
  const counts = Array.from({ length: clusters }, () => [] as number[]);
  for (let i = 0; i < of.length; i++) {
    const count = counts[of[i]!]!;
    count[labels[i]!] = (count[labels[i]!] ?? 0) + 1;
  }
  return counts.map((count) => {
    const [most, all] = count.reduce(([m, s], n) => [Math.max(m, n), s + n], [0, 0] as [number, number]);
    return { commonest: all ? count.indexOf(most) : -1, share: [most, all] };
  });
}

/** "mostly 7 (180 of 195)". */
export const nameOf = ({ commonest, share: [of, all] }: Named, classes: readonly string[]): string =>
  all ? `mostly ${classes[commonest]} (${of} of ${all})` : "of no image";
