// An orbit around a point: drag turns, with shift or two fingers it moves, wheel and pinch come closer; arrows, alone
// or with shift, and + - do the same.

import { mat4, vec3 } from "gl-matrix";

/** Of the view along its shorter side. */
const ANGLE = 0.9;

export class Camera {
  private yaw = 0.6;
  private pitch = 0.4;
  private distance = 3.2;
  private readonly target = vec3.create();
  private readonly fingers = new Map<number, [number, number]>();

  constructor(private readonly canvas: HTMLCanvasElement, private readonly moved: () => void) {
    canvas.addEventListener("pointerdown", (e) => {
      this.fingers.set(e.pointerId, [e.clientX, e.clientY]);
      canvas.setPointerCapture(e.pointerId);
    });
    for (const name of ["pointerup", "pointercancel"] as const)
      canvas.addEventListener(name, (e) => this.fingers.delete(e.pointerId));
    canvas.addEventListener("pointermove", (e) => this.drag(e));
    canvas.addEventListener("wheel", (e) => {
      e.preventDefault();
      this.zoom(e.deltaY / 500);
    }, { passive: false });
    canvas.addEventListener("keydown", (e) => this.key(e));
  }

  private drag(e: PointerEvent): void {
    const last = this.fingers.get(e.pointerId);
    if (!last) return;
    const [dx, dy] = [e.clientX - last[0], e.clientY - last[1]];
    const other = [...this.fingers].find(([id]) => id !== e.pointerId)?.[1];
    if (other) {
      const apart = (p: readonly number[]) => Math.hypot(p[0]! - other[0], p[1]! - other[1]);
      this.zoom((apart(last) - apart([e.clientX, e.clientY])) / 200);
      this.pan(dx / 2, dy / 2);
    } else if (e.shiftKey) this.pan(dx, dy);
    else this.turn(dx / 150, dy / 150);
    this.fingers.set(e.pointerId, [e.clientX, e.clientY]);
  }

  private key(e: KeyboardEvent): void {
    const go = (x: number, y: number) => e.shiftKey ? this.pan(-20 * x, -20 * y) : this.turn(0.1 * x, 0.1 * y);
    const steps: Record<string, () => void> = {
      ArrowLeft: () => go(-1, 0), ArrowRight: () => go(1, 0), ArrowUp: () => go(0, -1),
      ArrowDown: () => go(0, 1), "+": () => this.zoom(-0.1), "-": () => this.zoom(0.1),
    };
    const step = steps[e.key];
    if (!step) return;
    e.preventDefault();
    step();
  }

  turn(yaw: number, pitch: number): void {
    this.yaw += yaw;
    this.pitch = Math.max(-1.5, Math.min(1.5, this.pitch + pitch));
    this.moved();
  }

  private zoom(by: number): void {
    this.distance = Math.max(0.3, Math.min(12, this.distance * Math.exp(by)));
    this.moved();
  }

  private pan(dx: number, dy: number): void {
    const view = this.view();
    const scale = this.distance / this.canvas.clientHeight;
    for (let i = 0; i < 3; i++) this.target[i]! -= scale * (dx * view[4 * i]! - dy * view[4 * i + 1]!);
    this.moved();
  }

  /** Looks at the middle of places [n,3], from near enough to tell them apart. */
  lookAt(places: Float32Array): void {
    const span = [0, 1, 2].map((k) => {
      const along = places.filter((_, i) => i % 3 === k);
      return [Math.min(...along), Math.max(...along)] as const;
    });
    span.forEach(([low, high], k) => { this.target[k] = (low + high) / 2; });
    this.distance = Math.max(0.3, 1.6 * Math.hypot(...span.map(([low, high]) => high - low)));
    this.moved();
  }

  /** Close enough to show what the points are. */
  get isNear(): boolean {
    return this.distance < 1.5;
  }

  private view(): mat4 {
    const [c, s] = [Math.cos(this.pitch), Math.sin(this.pitch)];
    const eye = vec3.fromValues(this.distance * c * Math.sin(this.yaw), this.distance * s,
      this.distance * c * Math.cos(this.yaw));
    vec3.add(eye, eye, this.target);
    return mat4.lookAt(mat4.create(), eye, this.target, [0, 1, 0]);
  }

  /** From world to clip space, depth 0 to 1. */
  matrix(): mat4 {
    const aspect = this.canvas.clientWidth / Math.max(1, this.canvas.clientHeight);
    const angle = aspect < 1 ? 2 * Math.atan(Math.tan(ANGLE / 2) / aspect) : ANGLE;
    const projection = mat4.perspectiveZO(mat4.create(), angle, aspect, 0.05, 50);
    return mat4.multiply(mat4.create(), projection, this.view());
  }

  /** The world point under a pixel of the canvas, in the plane through the target that faces the eye. */
  under(x: number, y: number): [number, number, number] {
    const matrix = this.matrix();
    const depth = vec3.transformMat4(vec3.create(), this.target, matrix)[2]!;
    const inverse = mat4.invert(mat4.create(), matrix)!;
    const clip = [(2 * x) / this.canvas.clientWidth - 1, 1 - (2 * y) / this.canvas.clientHeight, depth] as const;
    const point = vec3.transformMat4(vec3.create(), clip as unknown as vec3, inverse);
    return [point[0]!, point[1]!, point[2]!];
  }
}

/** Where point i of points [n,3] is on a canvas, in its CSS pixels, and how far from the eye; null behind the eye. */
export function placeOn(canvas: HTMLCanvasElement, m: mat4, points: Float32Array,
  i: number): [x: number, y: number, depth: number] | null {
  const [x, y, z] = [points[3 * i]!, points[3 * i + 1]!, points[3 * i + 2]!];
  const w = m[3] * x + m[7] * y + m[11] * z + m[15];
  if (w <= 0) return null;
  const [cx, cy] = [(m[0] * x + m[4] * y + m[8] * z + m[12]) / w, (m[1] * x + m[5] * y + m[9] * z + m[13]) / w];
  return [((cx + 1) / 2) * canvas.clientWidth, ((1 - cy) / 2) * canvas.clientHeight, w];
}
