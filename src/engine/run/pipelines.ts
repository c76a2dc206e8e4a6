// Pipelines by kernel and constants, made once. Shader errors are reported with file, line, column and the line itself.

import { applyConstants, type Constants, type Kernel } from "./shader.ts";

export interface Pipeline {
  kernel: Kernel;
  constants: Constants;
  gpu: GPUComputePipeline;
  layout: GPUBindGroupLayout;
}

export class Pipelines {
  private readonly cache = new Map<Kernel, Map<string, Pipeline>>();
  private readonly reports = new Set<Promise<void>>();

  constructor(
    private readonly device: GPUDevice,
    private readonly onError: (error: Error) => void,
  ) {}

  /** Number of pipelines made. */
  get count(): number {
    return [...this.cache.values()].reduce((n, byConstants) => n + byConstants.size, 0);
  }

  get(kernel: Kernel, constants: Constants): Pipeline {
    const key = JSON.stringify(constants);
    let byConstants = this.cache.get(kernel);
    if (!byConstants) this.cache.set(kernel, (byConstants = new Map()));
    let pipeline = byConstants.get(key);
    if (!pipeline) byConstants.set(key, (pipeline = this.make(kernel, constants)));
    return pipeline;
  }

  private make(kernel: Kernel, constants: Constants): Pipeline {
    const label = kernel.entry === "main" ? kernel.file : `${kernel.file}#${kernel.entry}`;
    const { code, overrides } = applyConstants(kernel, constants);
    this.device.pushErrorScope("validation");
    const module = this.device.createShaderModule({ label, code });
    const layout = this.device.createBindGroupLayout({ label, entries: layoutEntries(kernel) });
    const gpu = this.device.createComputePipeline({
      label,
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: kernel.entry, constants: overrides },
    });
    this.expect(kernel.file, code, module.getCompilationInfo(), this.device.popErrorScope());
    return { kernel, constants, gpu, layout };
  }

  /** Waits until the adapter has said of every new pipeline whether it is sound. */
  async settle(): Promise<void> {
    if (this.reports.size > 0) await Promise.all(this.reports);
  }

  private expect(file: string, code: string, info: Promise<GPUCompilationInfo>, scope: Promise<GPUError | null>): void {
    const report = Promise.all([info, scope])
      .then(([{ messages }, error]) => {
        const message = messages.find((m) => m.type === "error");
        if (message) this.onError(new Error(shaderError(file, code, message)));
        else if (error) this.onError(new Error(`${file}: ${error.message}`));
      })
      .catch(() => undefined) // the device is gone; its loss is reported by itself
      .finally(() => this.reports.delete(report));
    this.reports.add(report);
  }
}

function layoutEntries(kernel: Kernel): GPUBindGroupLayoutEntry[] {
  const all = kernel.params ? [kernel.params, ...kernel.bindings] : kernel.bindings;
  const type = { uniform: "uniform", read: "read-only-storage", write: "storage" } as const;
  return all.map((b) => ({ binding: b.index, visibility: 4 /* compute */, buffer: { type: type[b.kind] } }));
}

function shaderError(file: string, code: string, m: GPUCompilationMessage): string {
  const line = code.split("\n")[m.lineNum - 1] ?? "";
  return `${file}:${m.lineNum}:${m.linePos}: ${m.message}\n    ${line}\n    ${" ".repeat(Math.max(0, m.linePos - 1))}^`;
}
