// Pipelines by kernel and constants, made once. Shader errors are reported with file, line, column and the line itself.

import type { Faults } from "../device/errors.ts";
import { applyConstants, sourceOf, type Constants, type Kernel } from "./shader.ts";

/** Calls of a pipeline that run alone while the driver has not said whether it is sound. */
const TRIAL = 16;

/** How the driver makes a pipeline: at once, or in the background beside others. */
interface Maker {
  now(p: Pipeline): GPUComputePipeline;
  ahead(p: Pipeline): Promise<GPUComputePipeline | null>;
}

export class Pipeline {
  /** Why it cannot run, once that is known. */
  fault: Error | null = null;
  /** Resolves when the driver has said whether it is sound. */
  judged: Promise<void> = Promise.resolve();
  accepted = false;
  private trials = TRIAL;
  private own: GPUComputePipeline | null = null;
  private making: Promise<void> | null = null;

  /** `code`: the kernel's, with its constants put in. */
  constructor(readonly kernel: Kernel, readonly constants: Constants, readonly code: string, readonly label: string,
    readonly layout: GPUBindGroupLayout, private readonly maker: Maker) {}

  get made(): boolean {
    return this.own !== null;
  }

  /** The driver's pipeline, made when it is first used: a call that a recording leaves out costs nothing. */
  get gpu(): GPUComputePipeline {
    return (this.own ??= this.maker.now(this));
  }

  /** Makes it in the background, once. Resolves when it is there, or when its fault is known. */
  prepare(): Promise<void> {
    this.making ??= this.own ? this.judged : this.maker.ahead(this).then((gpu) => void (this.own ??= gpu));
    return this.making;
  }

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
    return [...this.cache.values()].reduce((n, all) => n + [...all.values()].filter(({ made }) => made).length, 0);
  }

  get(kernel: Kernel, constants: Constants): Pipeline {
    const key = JSON.stringify(constants);
    let byConstants = this.cache.get(kernel);
    if (!byConstants) this.cache.set(kernel, (byConstants = new Map()));
    let pipeline = byConstants.get(key);
    if (!pipeline) byConstants.set(key, (pipeline = this.declare(kernel, constants)));
    if (pipeline.fault) throw pipeline.fault;
    return pipeline;
  }

  private declare(kernel: Kernel, constants: Constants): Pipeline {
    const label = kernel.entry === "main" ? kernel.file : `${kernel.file}#${kernel.entry}`;
    const code = applyConstants(kernel, constants);
    const layout = this.device.createBindGroupLayout({ label, entries: layoutEntries(kernel) });
    const create = { now: (p: Pipeline) => this.now(p), ahead: (p: Pipeline) => this.ahead(p) };
    return new Pipeline(kernel, constants, code, label, layout, create);
  }

  private now(pipeline: Pipeline): GPUComputePipeline {
    this.device.pushErrorScope("validation");
    const { descriptor, info } = this.describe(pipeline);
    const gpu = this.device.createComputePipeline(descriptor);
    this.expect(pipeline, info, this.device.popErrorScope());
    return gpu;
  }

  /** null where it cannot be made: then the pipeline's fault says why. */
  private async ahead(pipeline: Pipeline): Promise<GPUComputePipeline | null> {
    this.device.pushErrorScope("validation");
    const { descriptor, info } = this.describe(pipeline);
    void this.device.popErrorScope().catch(() => null); // what is wrong with the code, `info` says
    let refused: Error | null = null;
    const making = this.device.createComputePipelineAsync(descriptor)
      .catch((error: Error) => ((refused = error), null));
    this.expect(pipeline, info, making.then(() => refused));
    const gpu = await making;
    await pipeline.judged;
    return gpu;
  }

  private describe({ kernel, code, label, layout }: Pipeline) {
    const module = this.device.createShaderModule({ label, code });
    const descriptor = {
      label,
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: kernel.entry },
    };
    return { descriptor, info: module.getCompilationInfo() };
  }

  private expect(pipeline: Pipeline, info: Promise<GPUCompilationInfo>,
    problem: Promise<{ message: string } | null>): void {
    const { code, kernel: { file } } = pipeline;
    const report = Promise.all([info, problem]).then(([{ messages }, error]) => {
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

/** The reason alone: naga begins with an empty line and the shader's name, and draws the line itself. */
const reason = (message: string): string =>
  message.trim().split("\n")[0]!.replace(/^Shader '.*?' \w+ error: /, "");

function shaderError(file: string, code: string, m: GPUCompilationMessage): string {
  const text = code.split("\n")[m.lineNum - 1] ?? "";
  const at = sourceOf(file, code, m.lineNum);
  return `${at.file}:${at.line}:${m.linePos}: ${reason(m.message)}\n    ${text}\n    ` +
    `${" ".repeat(Math.max(0, m.linePos - 1))}^`;
}
