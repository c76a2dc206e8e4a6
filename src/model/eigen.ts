// Eigenvectors of symmetric matrices, in float64 on the host: Householder's reduction to three diagonals, then implicit
// QL steps. Golub and Van Loan, "Matrix computations", sections 8.3.1 and 8.3.3.

const SWEEPS = 60;

/** Three diagonals of Q^T A Q, and Q [n,n] row-major. */
interface Tridiagonal {
  diagonal: Float64Array;
  /** Entry i stands between i and i + 1. */
  beside: Float64Array;
  q: Float64Array;
}

/** Reflects column k's entries below the diagonal onto one of them; updates `a` [n,n] and the product `q`. */
function reflect(a: Float64Array, q: Float64Array, n: number, k: number): number {
  const v = new Float64Array(n);
  for (let i = k + 1; i < n; i++) v[i] = a[i * n + k]!;
  const length = Math.hypot(...v.subarray(k + 1));
  if (length === 0) return 0;
  const alpha = v[k + 1]! > 0 ? -length : length;
  v[k + 1]! -= alpha;
  const norm = v.reduce((sum, c) => sum + c * c, 0);
  if (norm === 0) return alpha;
  const p = new Float64Array(n); // 2 A v / v'v
  for (let i = k; i < n; i++) {
    let sum = 0;
    for (let j = k + 1; j < n; j++) sum += a[i * n + j]! * v[j]!;
    p[i] = (2 * sum) / norm;
  }
  const half = p.reduce((sum, c, i) => sum + c * v[i]!, 0) / norm;
  for (let i = k + 1; i < n; i++) p[i]! -= half * v[i]!;
  for (let i = k + 1; i < n; i++)
    for (let j = k + 1; j < n; j++) a[i * n + j]! -= v[i]! * p[j]! + p[i]! * v[j]!;
  for (let row = 0; row < n; row++) {
    let sum = 0;
    for (let j = k + 1; j < n; j++) sum += q[row * n + j]! * v[j]!;
    const share = (2 * sum) / norm;
    for (let j = k + 1; j < n; j++) q[row * n + j]! -= share * v[j]!;
  }
  return alpha;
}

function tridiagonal(matrix: ArrayLike<number>, n: number): Tridiagonal {
  const a = Float64Array.from(matrix);
  const q = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
  const beside = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) beside[k] = reflect(a, q, n, k);
  if (n > 1) beside[n - 2] = a[(n - 1) * n + n - 2]!;
  return { diagonal: Float64Array.from({ length: n }, (_, i) => a[i * n + i]!), beside, q };
}

/** One implicit QL step with Wilkinson's shift on rows `from` to `to`; `t` holds Q transposed, a row a vector. */
function qlStep({ diagonal: d, beside: e }: Tridiagonal, t: Float64Array, n: number, from: number, to: number): void {
  const g = (d[from + 1]! - d[from]!) / (2 * e[from]!);
  let shifted = d[to]! - d[from]! + e[from]! / (g + (g >= 0 ? 1 : -1) * Math.hypot(g, 1));
  let [s, c, p] = [1, 1, 0];
  for (let i = to - 1; i >= from; i--) {
    const [f, b] = [s * e[i]!, c * e[i]!];
    const r = Math.hypot(f, shifted);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= p;
      e[to] = 0;
      return;
    }
    [s, c] = [f / r, shifted / r];
    const left = d[i + 1]! - p;
    const turned = (d[i]! - left) * s + 2 * c * b;
    p = s * turned;
    d[i + 1] = left + p;
    shifted = c * turned - b;
    for (let k = 0; k < n; k++) {
      const [x, y] = [t[i * n + k]!, t[(i + 1) * n + k]!];
      t[(i + 1) * n + k] = s * x + c * y;
      t[i * n + k] = c * x - s * y;
    }
  }
  d[from]! -= p;
  e[from] = shifted;
  e[to] = 0;
}

/** Where the block that begins at `from` ends: at the first entry beside the diagonal that is next to nothing. */
function blockEnd({ diagonal: d, beside: e }: Tridiagonal, from: number): number {
  let to = from;
  while (to < d.length - 1 && Math.abs(e[to]!) > Number.EPSILON * (Math.abs(d[to]!) + Math.abs(d[to + 1]!))) to++;
  return to;
}

/**
 * Eigenvalues of a symmetric matrix [n,n], row-major, the largest first, and their unit eigenvectors, one a row. A
 * thousand rows take some seconds.
 */
export function symmetricEigen(matrix: ArrayLike<number>, n: number): { values: number[]; vectors: Float64Array[] } {
  if (matrix.length !== n * n) throw new Error(`symmetricEigen: ${matrix.length} numbers came, ${n} x ${n} were due`);
  const three = tridiagonal(matrix, n);
  const t = Float64Array.from(three.q, (_, i) => three.q[(i % n) * n + Math.floor(i / n)]!);
  for (let from = 0; from < n; from++) {
    for (let sweep = 0; blockEnd(three, from) > from; sweep++) {
      if (sweep === SWEEPS) throw new Error("symmetricEigen: it does not converge; is the matrix finite?");
      qlStep(three, t, n, from, blockEnd(three, from));
    }
  }
  const { diagonal } = three;
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => diagonal[j]! - diagonal[i]!);
  return { values: order.map((i) => diagonal[i]!), vectors: order.map((i) => t.slice(i * n, (i + 1) * n)) };
}
