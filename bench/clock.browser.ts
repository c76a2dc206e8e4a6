// In a browser nobody tells what one thread has computed: wall time stands for it.

/** Milliseconds that fn takes. */
export function hostTime(fn: () => void): number {
  const start = performance.now();
  fn();
  return performance.now() - start;
}
