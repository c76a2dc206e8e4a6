// The pipelines that heavy ops would run on a real GPU, variant by variant, recorded without running them.

import type { Engine, Tensor } from "../../src/index.ts";
import type { Recorded } from "../../src/engine/run/capture.ts";
import type { Constants } from "../../src/engine/run/shader.ts";
import { CASES as ALL } from "../cases.ts";
import { makeWork } from "../work.ts";

/** One pipeline: WGSL with its constants put in, and the first case that uses it. */
export interface Listed {
  case: string;
  kernel: string;
  /** As in "TY 16, ROWS 2". */
  settings: string;
  code: string;
  entry: string;
}

/** Shapes that stand for the others: large and odd products, each kind of convolution. */
const CASES = ["matmul 512", "matmul 1024", "conv 64->64 32 k3 s1 b128", "conv dInput 64->64 32 k3 s1 b128",
  "conv dFilter 64->64 32 k3 s1 b128", "conv 32->64 14 k4 s2 b128", "conv dInput 32->64 14 k4 s2 b128",
  "conv dFilter 32->64 14 k4 s2 b128", "conv 64->128 32 k1 s2 b128", "conv 256->256 2 k3 s1 b128"];

/** A subgroup as most GPUs have it, on an engine that has no GPU: variants and their constants are those of one. */
function pretendHardware(gpu: Engine): void {
  Object.defineProperty(gpu, "subgroupSize", { value: 32 });
  Object.defineProperty(gpu, "adapter", { value: { ...gpu.adapter, kind: "hardware" } });
}

/** Constants that say more than the case does: sizes of tiles, not which way an operand lies. */
const settingsOf = (constants: Constants): string =>
  Object.entries(constants).filter(([, v]) => typeof v === "number").map(([name, v]) => `${name} ${v}`).join(", ");

/** What a function would run with every variant of its heavy ops. */
function listed(gpu: Engine, name: string, fn: () => unknown): Listed[] {
  const found: Listed[] = [];
  for (const { op, variants } of gpu.tuner.heavy(fn)) {
    for (const variant of variants) {
      gpu.tuner.force(op, variant);
      const { recording } = gpu.record(fn as (...t: Tensor[]) => unknown, []) as Recorded<unknown>;
      for (const { pipeline: { kernel, constants, code, label } } of recording.calls) {
        found.push({ case: name, kernel: label.replace(/^shaders\//, ""), settings: settingsOf(constants), code,
          entry: kernel.entry });
      }
      recording.dispose();
      gpu.tuner.force(op, null);
    }
  }
  return found;
}

/** The pipelines of the cases whose name contains `filter`; one that serves several stands for its first. */
export function heavyPipelines(gpu: Engine, filter = ""): Listed[] {
  pretendHardware(gpu);
  const all = CASES.filter((name) => name.includes(filter)).flatMap((name) => {
    const { work } = ALL.find((c) => c.name === name)!;
    const found = gpu.scope(() => listed(gpu, name, makeWork(gpu, work)));
    gpu.trim();
    return found;
  });
  const key = ({ code, entry }: Listed) => `${entry} ${code}`;
  return [...new Map(all.reverse().map((pipeline) => [key(pipeline), pipeline])).values()].reverse();
}
