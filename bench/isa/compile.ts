// What a real GPU's compiler makes of a pipeline, without that GPU: Dawn turns WGSL into SPIR-V, and Mesa's RADV
// compiles that for a chip that is not there. Nothing runs, so it says nothing of memory traffic.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Listed } from "./pipelines.ts";

/** The figures of a pipeline on a chip. */
export interface Compiled {
  case: string;
  kernel: string;
  settings: string;
  chip: string;
  /** Invocations of a workgroup. */
  workgroup: number;
  /** Vector registers of an invocation, and how many of its values did not fit. */
  vgprs: number;
  spilled: number;
  /** Workgroup memory in bytes. */
  lds: number;
  /** Waves that fit on a SIMD at a time. */
  waves: number;
  instructions: number;
  /** Of vector arithmetic, and of memory. */
  valu: number;
  vmem: number;
  /** Cycles of one wave as the compiler estimates them, and those a wave costs where others fill its gaps. */
  latency: number;
  inverse_throughput: number;
}

const NEEDED = "it needs gcc, spirv-as and Mesa's RADV: on Debian 12 `apt-get install gcc libc6-dev libvulkan-dev " +
  "spirv-tools mesa-vulkan-drivers`";

const sources = join(dirname(fileURLToPath(import.meta.url)), "..", "bench", "isa"); // from dist/

function icd(name: string): string {
  const file = ["", ".x86_64"].map((s) => `/usr/share/vulkan/icd.d/${name}_icd${s}.json`).find(existsSync);
  if (!file) throw new Error(`bench --isa: there is no Vulkan driver "${name}" in /usr/share/vulkan/icd.d; ${NEEDED}`);
  return file;
}

/** What a program prints, on its two streams. */
function tool(file: string, args: readonly string[], env: Record<string, string> = {}): [string, string] {
  const { error, status, stdout, stderr } = spawnSync(file, args, { encoding: "utf8", maxBuffer: 2 ** 30,
    env: { ...process.env, ...env } });
  if (error || status) throw new Error(`bench --isa: ${file} failed (${error?.message ?? stderr.trim()}); ${NEEDED}`);
  return [stdout, stderr];
}

/** SPIR-V assembly of each pipeline, by its place in the list. */
function assembly(pipelines: readonly Listed[], folder: string): Map<number, string> {
  const list = join(folder, "pipelines.json");
  writeFileSync(list, JSON.stringify(pipelines));
  const streams = tool(process.execPath, [join(sources, "spirv.mjs"), list], { VK_DRIVER_FILES: icd("lvp") });
  const found = new Map<number, string>();
  let at = -1;
  for (const part of streams.flatMap((stream) => stream.split(/^(?=@@ |info:)/m))) {
    if (part.startsWith("@@ ")) at = Number(part.slice(3).split("\n")[0]);
    const start = part.indexOf("; SPIR-V");
    // lavapipe's Dawn asks for an execution mode that this assembler does not know, and that changes no figure
    if (start >= 0) found.set(at, part.slice(start).split("\n").filter((line) => !/aximal/.test(line)).join("\n"));
  }
  return found;
}

function compiled({ case: name, kernel, settings }: Listed, text: string, chip: string, run: string,
  folder: string): Compiled {
  const [source, binary] = [join(folder, "one.spvasm"), join(folder, "one.spv")];
  writeFileSync(source, text);
  tool("spirv-as", ["--target-env", "spv1.4", source, "-o", binary]);
  const entry = /OpEntryPoint GLCompute %\S+ "([^"]+)"/.exec(text)![1]!;
  const size = /LocalSize (\d+) (\d+) (\d+)/.exec(text)?.slice(1).map(Number) ?? [0];
  const [said] = tool(run, [binary, entry], { RADV_FORCE_FAMILY: chip, VK_DRIVER_FILES: icd("radeon") });
  const s = JSON.parse(said) as Record<string, number>;
  const of = (label: string) => s[label] ?? 0;
  return { case: name, kernel, settings, chip, workgroup: size.reduce((a, b) => a * b, 1), vgprs: of("VGPRs"),
    spilled: of("Spilled VGPRs"), lds: of("LDS size"), waves: of("Subgroups per SIMD"),
    instructions: of("Instructions"), valu: of("VALU"), vmem: of("VMEM"), latency: of("Latency"),
    inverse_throughput: of("Inverse Throughput") };
}

/** Every pipeline on every chip, by the names that RADV gives to families: "navi31", "navi21", "vega10". */
export function compileAll(pipelines: readonly Listed[], chips: readonly string[]): Compiled[] {
  const folder = mkdtempSync(join(tmpdir(), "purigrad-isa-"));
  try {
    const run = join(folder, "offline");
    execFileSync("gcc", ["-O1", "-o", run, join(sources, "offline.c"), "-lvulkan"]);
    const texts = assembly(pipelines, folder);
    const missing = pipelines.filter((_, i) => !texts.has(i));
    if (missing.length) throw new Error(`bench --isa: Dawn printed no SPIR-V for ${missing[0]!.kernel}; run it with ` +
      `lavapipe's Vulkan driver`);
    return [...texts].flatMap(([i, text]) => chips.map((chip) => compiled(pipelines[i]!, text, chip, run, folder)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
