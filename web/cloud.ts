// Points in space and lines between them, drawn from the buffers that the engine's kernels wrote: a square a point, cut
// to a disc; a strip a line.

import type { mat4 } from "gl-matrix";
import type { Engine, Tensor } from "../src/index.ts";
import { locate } from "../src/engine/memory/storage.ts";

const SHADER = `
struct View { matrix: mat4x4f, paper: vec4f, size: vec2f, pixels: f32, chosen: f32 }
@group(0) @binding(0) var<uniform> view: View;
@group(0) @binding(1) var<storage, read> points: array<vec4f>; // xyz, radius
@group(0) @binding(2) var<storage, read> colours: array<vec4f>; // rgb, how much of it is seen
@group(0) @binding(3) var<storage, read> lines: array<vec4f>; // from, to, width
struct Corner { @builtin(position) at: vec4f, @location(0) uv: vec2f, @location(1) colour: vec4f }
/** In clip space: marks and the chosen point lie in front of all others. */
fn place(i: u32) -> vec4f {
  let at = view.matrix * vec4f(points[i].xyz, 1.0);
  return vec4f(at.xy, at.z * select(1.0, 0.01, points[i].w > 1.0 || f32(i) == view.chosen), at.w);
}
@vertex fn corner(@builtin(vertex_index) v: u32, @builtin(instance_index) i: u32) -> Corner {
  let uv = vec2f(f32(v & 1u), f32(v >> 1u)) * 2.0 - 1.0;
  var at = place(i);
  let radius = 4.0 * view.pixels * points[i].w * select(1.0, 2.0, f32(i) == view.chosen);
  at = vec4f(at.xy + uv * radius / view.size * 2.0 * at.w, at.zw);
  return Corner(at, uv, colours[i]);
}
@vertex fn side(@builtin(vertex_index) v: u32, @builtin(instance_index) i: u32) -> Corner {
  let line = lines[i];
  let a = place(u32(line.x));
  let b = place(u32(line.y));
  let along = (b.xy / b.w - a.xy / a.w) * view.size;
  let across = vec2f(-along.y, along.x) / max(length(along), 1e-6) * (f32(v & 1u) - 0.5) * line.z * view.pixels;
  let at = select(a, b, v > 1u);
  return Corner(vec4f(at.xy + across / view.size * 2.0 * at.w, at.zw), vec2f(0.0), colours[u32(line.y)]);
}
@fragment fn ink(c: Corner) -> @location(0) vec4f {
  let r = dot(c.uv, c.uv);
  if (r > 1.0) { discard; }
  return vec4f(mix(view.paper.rgb, c.colour.rgb * select(1.0, 0.55, r > 0.6), c.colour.a), 1.0);
}`;

const VIEW_BYTES = 96;

/** What is drawn. */
export interface Scene {
  /** [n,4]: x, y, z and a factor of the radius. */
  points: Tensor;
  /** [n,4]: red, green, blue, and how much of it is seen before the background. */
  colours: Tensor;
  /** [m,4]: from which point to which, how wide in CSS pixels, 0; one that leads from 0 to 0 is not seen. */
  lines: Tensor;
}

export class Cloud {
  private readonly discs: GPURenderPipeline;
  private readonly strips: GPURenderPipeline;
  private readonly layout: GPUBindGroupLayout;
  private readonly view: GPUBuffer;
  private readonly context: GPUCanvasContext;
  private depth: GPUTexture | null = null;
  chosen = -1;

  constructor(readonly gpu: Engine, private readonly canvas: HTMLCanvasElement, public scene: Scene) {
    const { device } = gpu;
    this.context = canvas.getContext("webgpu")!;
    const format = navigator.gpu.getPreferredCanvasFormat();
    this.context.configure({ device, format, alphaMode: "opaque" });
    const module = device.createShaderModule({ code: SHADER });
    const [vertex, both] = [GPUShaderStage.VERTEX, GPUShaderStage.VERTEX | GPUShaderStage.FRAGMENT];
    this.layout = device.createBindGroupLayout({ entries: [
      { binding: 0, visibility: both, buffer: { type: "uniform" } },
      ...[1, 2, 3].map((binding) =>
        ({ binding, visibility: vertex, buffer: { type: "read-only-storage" as const } }))] });
    const layout = device.createPipelineLayout({ bindGroupLayouts: [this.layout] });
    [this.discs, this.strips] = ["corner", "side"].map((entryPoint) => device.createRenderPipeline({ layout,
      vertex: { module, entryPoint }, fragment: { module, entryPoint: "ink", targets: [{ format }] },
      primitive: { topology: "triangle-strip" },
      depthStencil: { format: "depth24plus", depthWriteEnabled: true, depthCompare: "less" } })) as
        [GPURenderPipeline, GPURenderPipeline];
    this.view = device.createBuffer({ size: VIEW_BYTES, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  }

  private resize(): void {
    const scale = devicePixelRatio;
    const [w, h] = [this.canvas.clientWidth, this.canvas.clientHeight].map((v) => Math.max(1, Math.round(v * scale)));
    if (this.depth && this.canvas.width === w && this.canvas.height === h) return;
    [this.canvas.width, this.canvas.height] = [w!, h!];
    this.depth?.destroy();
    this.depth = this.gpu.device.createTexture({ size: [w!, h!], format: "depth24plus",
      usage: GPUTextureUsage.RENDER_ATTACHMENT });
  }

  private bindings(): GPUBindGroup {
    const bound = (t: Tensor) => {
      const { buffer, offset } = locate(t.storage);
      return { buffer, offset: offset + t.offset, size: t.bytes };
    };
    const { points, colours, lines } = this.scene;
    return this.gpu.device.createBindGroup({ layout: this.layout, entries: [
      { binding: 0, resource: { buffer: this.view } },
      ...[points, colours, lines].map((t, i) => ({ binding: i + 1, resource: bound(t) }))] });
  }

  draw(matrix: mat4, paper: readonly [number, number, number]): void {
    this.resize();
    const { device } = this.gpu;
    device.queue.writeBuffer(this.view, 0, new Float32Array([...matrix, ...paper, 1, this.canvas.width,
      this.canvas.height, devicePixelRatio, this.chosen]));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginRenderPass({
      colorAttachments: [{ view: this.context.getCurrentTexture().createView(), loadOp: "clear", storeOp: "store",
        clearValue: [...paper, 1] }],
      depthStencilAttachment: { view: this.depth!.createView(), depthClearValue: 1, depthLoadOp: "clear",
        depthStoreOp: "discard" } });
    pass.setBindGroup(0, this.bindings());
    pass.setPipeline(this.discs);
    pass.draw(4, this.scene.points.shape[0]!);
    pass.setPipeline(this.strips);
    pass.draw(4, this.scene.lines.shape[0]!);
    pass.end();
    device.queue.submit([encoder.finish()]);
  }

  dispose(): void {
    this.view.destroy();
    this.depth?.destroy();
    this.context.unconfigure();
  }
}
