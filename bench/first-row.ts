// First use as a row: how long an engine that was just opened makes its user wait before the first training step.

import type { EngineOptions } from "../src/index.ts";
import type { BenchRecord } from "../src/readme/bench-results.ts";
import { firstUse, type FirstUse } from "./first-use.ts";

/** As first-use.ts names it. */
export const FIRST_USE = "compile conv-cvae b128 step";
const TIMES = 3;

/** The median of three engines. The first of them may find the driver's own cache empty, the others do not. */
export async function firstUseRecord(options: EngineOptions): Promise<BenchRecord> {
  const uses: FirstUse[] = [];
  for (let i = 0; i < TIMES; i++) uses.push(await firstUse(options));
  const [least, middle, most] = uses.map((use) => use.ms).sort((a, b) => a - b) as [number, number, number];
  return {
    case: FIRST_USE,
    engine: "purigrad",
    group: "overhead",
    ms: middle,
    spread: (most - least) / middle,
    gflops: 0,
    gbps: 0,
    flops: 0,
    bytes: 0,
    warmup: 0,
    samples: TIMES,
    dispatches: 0,
    kernel_ms: null,
    roofline: null,
    variant: `${uses[0]!.pipelines} pipelines`,
    first_ms: uses[0]!.ms,
  };
}
