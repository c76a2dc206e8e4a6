// Points in space, drawn from the buffer that the engine's kernels wrote: a square a point, cut to a disc.

import type { mat4 } from "gl-matrix";
import type { Engine, Tensor } from "../src/index.ts";
import { locate } from "../src/engine/memory/storage.ts";

const SHADER = `
struct View { matrix: mat4x4f, size: vec2f, pixels: f32, chosen: f32 }
@group(0) @binding(0) var<uniform> view: View;
@group(0) @binding(1) var<storage, read> points: array<vec4f>; // xyz, radius
@group(0) @binding(2) var<storage, read> colours: array<vec4f>;
struct Corner { @builtin(position) at: vec4f, @location(0) uv: vec2f, @location(1) colour: vec4f }
@vertex fn corner(@builtin(vertex_index) v: u32, @builtin(instance_index) i: u32) -> Corner {
  let uv = vec2f(f32(v & 1u), f32(v >> 1u)) * 2.0 - 1.0;
  let point = points[i];
  var at = view.matrix * vec4f(point.xyz, 1.0);
  let radius = view.pixels * point.w * select(1.0, 2.0, f32(i) == view.chosen);
  at = vec4f(at.xy + uv * radius / view.size * 2.0 * at.w, at.zw);
  return Corner(at, uv, colours[i]);
}
@fragment fn disc(c: Corner) -> @location(0) vec4f {
  let r = dot(c.uv, c.uv);
  if (r > 1.0) { discard; }
  return vec4f(c.colour.rgb * select(1.0, 0.55, r > 0.6), 1.0);
}`;

const VIEW_BYTES = 80;

export class Cloud {
  private readonly pipeline: GPURenderPipeline;
  private readonly view: GPUBuffer;
  private readonly context: GPUCanvasContext;
  private depth: GPUTexture | null = null;
  chosen = -1;

  /** points [n,4]: x, y, z and a factor of the radius; colours [n,4]. */
  constructor(private readonly gpu: Engine, private readonly canvas: HTMLCanvasElement, private points: Tensor,
    private colours: Tensor) {
    const { device } = gpu;
    this.context = canvas.getContext("webgpu")!;
    const format = navigator.gpu.getPreferredCanvasFormat();
    this.context.configure({ device, format, alphaMode: "opaque" });
    const module = device.createShaderModule({ code: SHADER });
    this.pipeline = device.createRenderPipeline({ layout: "auto", vertex: { module, entryPoint: "corner" },
      fragment: { module, entryPoint: "disc", targets: [{ format }] }, primitive: { topology: "triangle-strip" },
      depthStencil: { format: "depth24plus", depthWriteEnabled: true, depthCompare: "less" } });
    this.view = device.createBuffer({ size: VIEW_BYTES, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  }

  /** Other points, as for an attack's path. */
  show(points: Tensor, colours: Tensor): void {
    [this.points, this.colours] = [points, colours];
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

  draw(matrix: mat4, background: readonly [number, number, number]): void {
    this.resize();
    const { device } = this.gpu;
    const pixels = 4 * devicePixelRatio;
    device.queue.writeBuffer(this.view, 0, new Float32Array([...matrix, this.canvas.width, this.canvas.height, pixels,
      this.chosen]));
    const bound = (t: Tensor) => {
      const { buffer, offset } = locate(t.storage);
      return { buffer, offset: offset + t.offset, size: t.bytes };
    };
    const group = device.createBindGroup({ layout: this.pipeline.getBindGroupLayout(0), entries: [
      { binding: 0, resource: { buffer: this.view } }, { binding: 1, resource: bound(this.points) },
      { binding: 2, resource: bound(this.colours) }] });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginRenderPass({
      colorAttachments: [{ view: this.context.getCurrentTexture().createView(), loadOp: "clear", storeOp: "store",
        clearValue: [...background, 1] }],
      depthStencilAttachment: { view: this.depth!.createView(), depthClearValue: 1, depthLoadOp: "clear",
        depthStoreOp: "discard" } });
    pass.setPipeline(this.pipeline);
    pass.setBindGroup(0, group);
    pass.draw(4, this.points.shape[0]!);
    pass.end();
    device.queue.submit([encoder.finish()]);
  }

  dispose(): void {
    this.view.destroy();
    this.depth?.destroy();
    this.context.unconfigure();
  }
}
