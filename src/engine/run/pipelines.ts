// Pipelines by kernel and constants, made once. Shader errors are reported with file, line, column and the line itself.

import type { Faults } from "../device/errors.ts";
import { applyConstants, sourceOf, type Constants, type Kernel } from "./shader.ts";

/** Calls of a pipeline that run alone while the driver has not said whether it is sound. */
const TRIAL = 16;

export class Pipeline {
  /** Why it cannot run, once that is known. */
  fault: Error | null = null;
  /** Resolves when the driver has said whether it is sound. */
  judged: Promise<void> = Promise.resolve();
  accepted = false;
  private trials = TRIAL;

  constructor(
    readonly kernel: Kernel,
    readonly constants: Constants,
    readonly label: string,
    readonly layout: GPUBindGroupLayout,
    readonly gpu: GPUComputePipeline,
  ) {}

  /** Whether the next call runs alone. */
  isOnTrial(): boolean {
    return this.trials > 0 && this.trials-- > 0;
  }

  accept(): void {
    this.accepted = true;
    this.trials = 0;
  }
}

export class Pipelines {
  private readonly cache = new Map<Kernel, Map<string, Pipeline>>();

  constructor(private readonly device: GPUDevice, private readonly faults: Faults) {}

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
    if (pipeline.fault) throw pipeline.fault;
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
    const pipeline = new Pipeline(kernel, constants, label, layout, gpu);
    this.expect(pipeline, code, module.getCompilationInfo(), this.device.popErrorScope());
    return pipeline;
  }

  private expect(pipeline: Pipeline, code: string, info: Promise<GPUCompilationInfo>,
    scope: Promise<GPUError | null>): void {
    const { file } = pipeline.kernel;
    const report = Promise.all([info, scope]).then(([{ messages }, error]) => {
      const message = messages.find((m) => m.type === "error");
      if (message) pipeline.fault = new Error(shaderError(file, code, message));
      else if (error) pipeline.fault = new Error(`${pipeline.label}: ${error.message}`);
      if (pipeline.fault) this.faults.fail(pipeline.fault);
      else pipeline.accept();
    });
    pipeline.judged = this.faults.expect(report);
  }
}

function layoutEntries(kernel: Kernel): GPUBindGroupLayoutEntry[] {
  const all = kernel.params ? [kernel.params, ...kernel.bindings] : kernel.bindings;
  const type = { uniform: "uniform", read: "read-only-storage", write: "storage" } as const;
  return all.map((b) => ({ binding: b.index, visibility: 4 /* compute */, buffer: { type: type[b.kind] } }));
}

function shaderError(file: string, code: string, m: GPUCompilationMessage): string {
  const text = code.split("\n")[m.lineNum - 1] ?? "";
  const at = sourceOf(file, code, m.lineNum);
  return `${at.file}:${at.line}:${m.linePos}: ${m.message}\n    ${text}\n    ` +
    `${" ".repeat(Math.max(0, m.linePos - 1))}^`;
}
