// `npm run bench -- --isa navi31,navi21 [--filter TEXT --json FILE]`: what those chips' compiler makes of each variant
// of each heavy kernel, as a Markdown table.

import { writeFileAtomic } from "../../src/data/files.ts";
import { createEngine } from "../../src/index.ts";
import { markdownTable } from "../../src/report/table.ts";
import { commit } from "../../src/train/commit.ts";
import { compileAll, type Compiled } from "./compile.ts";
import { heavyPipelines } from "./pipelines.ts";

/** Instructions of vector arithmetic for one of memory: how much work a load pays for. */
const workALoad = ({ valu, vmem }: Compiled): number | null => (vmem ? valu / vmem : null);

/** A chip's rows as Markdown. */
export function isaTable(rows: readonly Compiled[], chip: string): string {
  const whole = (label: string) => ({ label, digits: 0 });
  return markdownTable({
    corner: chip,
    columns: ["constants", "in the case", whole("threads"), whole("registers"), whole("spilled"), whole("LDS, bytes"),
      whole("waves"), whole("instructions"), { label: "VALU a VMEM", digits: 1 }, whole("latency, cycles"),
      whole("cycles a wave")],
    rows: rows.filter((row) => row.chip === chip).map((row) => ({ label: row.kernel, cells: [row.settings, row.case,
      row.workgroup, row.vgprs, row.spilled, row.lds, row.waves, row.instructions, workALoad(row), row.latency,
      row.inverse_throughput] })),
  });
}

export async function isa(chips: readonly string[], filter?: string, json?: string): Promise<string> {
  const gpu = await createEngine({ adapter: "software" });
  try {
    const rows = compileAll(heavyPipelines(gpu, filter), chips);
    if (json) writeFileAtomic(json, JSON.stringify({ commit: commit(), compiler: "Mesa RADV", rows }, null, 1) + "\n");
    return chips.map((chip) => isaTable(rows, chip)).join("\n\n");
  } finally {
    gpu.close();
  }
}
