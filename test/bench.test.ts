// The bench: comparing, the share of the roofline, the report, what wrong flags say, and a small row measured.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareResults, printedComparison } from "../bench/compare.ts";
import { readAdapter, readCount, readFlags } from "../bench/flags.ts";
import { logAxis } from "../bench/log-axis.ts";
import { benchReport } from "../bench/report.ts";
import { copy, fma, rooflineShare } from "../bench/roofline.ts";
import { caseOf, measure } from "../bench/row.ts";
import { rows } from "../bench/rows.ts";
import { steps } from "../bench/steps.ts";
import { add, createEngine, matmul, relu } from "../src/index.ts";
import type { BenchRecord, BenchResults, PeerResults } from "../src/readme/bench-results.ts";
import { against, enginesOf, summarise } from "../src/readme/peers.ts";

const record = (name: string, ms: number, more: Partial<BenchRecord> = {}): BenchRecord => ({
  case: name,
  engine: "purigrad",
  ms,
  spread: 0.02,
  gflops: 1,
  gbps: 1,
  flops: ms * 1e6,
  bytes: ms * 1e6,
  samples: 15,
  dispatches: 2,
  kernel_ms: ms / 2,
  host_ms: 0.02,
  host_us_per_kernel: 10,
  roofline: 0.5,
  variant: "matmul:plain",
  first_ms: 9,
  ...more,
});
const ROOFLINE = { copy_gbps: 10, fma_gflops: 40, matmul_gflops: 20 };
const FLAME = { case: "train net",
  spans: [{ kernel: "shaders/a.wgsl", start: 0, ms: 2 }, { kernel: "shaders/b.wgsl#backward", start: 2.5, ms: 1 }] };
const RESULTS: BenchResults = { adapter: "some adapter", cpu: "some processor", cores: 2, commit: "0123abc",
  roofline: ROOFLINE, rows: [record("matmul 512", 10), record("train <net>", 20, { group: "step" })], flame: FLAME };
const peer = (name: string, engine: string, ms: number) => ({ case: name, engine, ms, spread: 0, gflops: 1 });
const PEERS: PeerResults = { adapter: "some adapter",
  rows: [peer("matmul 512", "purigrad", 10), peer("matmul 512", "torch-cpu", 2), peer("matmul 512", "jax-wasm", 3),
    peer("matmul 512", "tfjs-webgpu", 80),
    peer("matmul 512", "jax-webgpu", 40), peer("train net", "purigrad", 20), peer("train net", "tfjs-webgpu", 10),
    peer("alone", "purigrad", 1)] };

const bench = suite("bench");

bench("a row is slower or faster only beyond both spreads and 10 %", () => {
  const before = [record("same", 10), record("noisy", 10, { spread: 0.6 }), record("slow", 10), record("slower", 10),
    record("fast", 11.2), record("gone", 1)];
  const after = [record("same", 10.9), record("noisy", 15.9), record("slow", 11.1), record("slower", 20),
    record("fast", 10), record("new", 1)];
  const { slower, faster, compared, onlyBefore, onlyAfter } = compareResults(before, after);
  assert.equal(slower.map((c) => c.case), ["slower", "slow"]);
  assert.equal(faster.map((c) => c.case), ["fast"]);
  assert.equal([compared, onlyBefore, onlyAfter], [5, ["gone"], ["new"]]);
  assert.equal(compareResults(before, after.map((row) => ({ ...row, spread: 1.5 }))).slower, []);
});

bench("the comparison says when adapters or the machine differ, and whether all is well", () => {
  const now = { ...RESULTS, adapter: "another", roofline: { ...ROOFLINE, fma_gflops: 20 },
    rows: [record("matmul 512", 30), record("more", 1)] };
  const { text, ok } = printedComparison(RESULTS, now, "old.json");
  assert.is(ok, false);
  assert.match(text, "compared with old.json (commit 0123abc): 1 rows, 1 slower, 0 faster beyond the noise\nthe " +
    "adapters differ, some adapter then and another now");
  assert.match(text, "own FMA measured 40.0 GFLOP/s then and 20.0 now");
  assert.match(text, "  slower  matmul 512: 10.000 ms, now 30.000 (3.00 times; noise 10 %)\n  only in old.json: " +
    "train <net>\n  only in this run: more\n");
  assert.is(printedComparison(RESULTS, RESULTS, "old.json").ok, true);
});

bench("the share of the roofline is that of the dearer side", () => {
  assert.is(rooflineShare({ ms: 2, flops: 40e6, bytes: 1e6 }, ROOFLINE), 0.5);
  assert.is(rooflineShare({ ms: 2, flops: 4e6, bytes: 10e6 }, ROOFLINE), 0.5);
  assert.is(rooflineShare({ ms: 2, bytes: 5e6 }, ROOFLINE), 0.25);
  assert.is(rooflineShare({ ms: 2, flops: 0, bytes: 0 }, ROOFLINE), null);
});

bench("a logarithmic axis holds its values and has round ticks", () => {
  const axis = logAxis([0.3, 42], [0, 100], { round: true });
  assert.equal([axis.from, axis.to, axis.at(0.1), axis.at(100), axis.ticks.slice(0, 4)], [0.1, 100, 0, 100, [0.1, 0.2,
    0.5, 1]]);
  assert.equal(logAxis([1, 1], [0, 10], { round: true }).ticks, [1, 2, 5, 10]);
  const close = logAxis([1, 30], [0, 100]);
  assert.ok(close.at(1) > 0 && close.at(30) < 100 && Math.abs(close.at(Math.sqrt(30)) - 50) < 1e-9);
});

bench("peers: ratios, the fastest that goes through WebGPU, and the sums by group", () => {
  const rows = against(PEERS);
  assert.equal(rows.map((row) => [row.case, row.fastest]), [["matmul 512", { engine: "jax-webgpu", ratio: 4 }], [
    "train net",
    { engine: "tfjs-webgpu", ratio: 0.5 },
  ]]);
  assert.equal(rows[0]!.ratios, { "torch-cpu": 0.2, "jax-wasm": 0.3, "tfjs-webgpu": 8, "jax-webgpu": 4 });
  assert.equal(enginesOf(PEERS), ["tfjs-webgpu", "jax-webgpu", "torch-cpu", "jax-wasm"]);
  assert.equal(
    summarise(rows).map(({ group, cases, behind, ahead }) => [group, cases, behind, Math.round(100 * ahead)]),
    [["kernel", 1, 0, 400], ["step", 1, 1, 50]],
  );
});

bench("the report holds what was measured, with titles under the pointer, and no other part", () => {
  const html = benchReport(RESULTS, PEERS);
  for (const heading of ["Roofline", "Against peers", "One training step", "Whole steps", "Kernels",
    "How it was measured"]) assert.match(html, new RegExp(`<h2 id="s\\d+">${heading}</h2>`));
  for (const words of ["<title>matmul 512: 10.000 ms, 1.00 GFLOP/s, 50 % of the roofline</title>",
    "<title>train &lt;net&gt;:", "<title>2. b#backward: 1.000 ms, from 2.50</title>",
    "<title>matmul 512, jax-webgpu: 40.000 ms, 4.00 times purigrad&#39;s 10.000 ms</title>",
    "kernels: 4.00 times as fast as the fastest WebGPU peer"])
    assert.ok(html.includes(words), words);
  assert.not.match(html, /NaN|undefined|Infinity|\[object|<script|https?:\/\/(?!www\.w3)/);
  const bare = benchReport({ ...RESULTS, roofline: undefined, flame: null,
    rows: [record("gelu", 1, { group: "op", flops: 0, bytes: 0, roofline: null })] }, null);
  assert.match(bare, "Single ops");
  assert.not.match(bare, /<figure>|Against peers|NaN|undefined/);
});

bench("wrong flags are one sentence", () => {
  assert.throws(() => readFlags("bench", ["json", "filter"], ["--jsn", "x"]),
    /^bench: Unknown option '--jsn'; its flags are --json, --filter$/);
  assert.throws(() => readFlags("bench", ["json"], ["--json"]), /^bench: .*; its flags are --json$/);
  assert.throws(() => readAdapter("quantum"),
    /^--adapter: "quantum" came, one of auto, hardware, software, embedded was due$/);
  assert.throws(() => readCount("rounds", "0", 5), /^--rounds: "0" came, a whole number from 1 was due$/);
  assert.equal([readCount("rounds", undefined, 5), readAdapter(undefined)], [5, "auto"]);
});

/** `npm run bench` without the build. */
function runBench(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/bench.js", ...args], { encoding: "utf8" });
  return { status, said: stdout, error: stderr.trim() };
}

bench("the command redraws an earlier run and compares it; what it cannot read is one sentence and no file", () => {
  const folder = mkdtempSync(resolve("dist/bench-"));
  const at = (name: string, content?: unknown) => {
    if (content !== undefined) writeFileSync(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  };
  try {
    const [now, foreign, page] = [at("now.json", RESULTS), at("foreign.json", { rows: [1] }), at("page.html")];
    const old = at("old.json", { ...RESULTS, rows: [record("matmul 512", 5)] });
    const wrong = (...args: string[]) => {
      const { status, error } = runBench(...args, "--report", page);
      assert.equal([status, existsSync(page)], [1, false]);
      return error;
    };
    const missing = wrong("--from", now, "--compare", at("none.json"));
    assert.match(missing, /^cannot read the results to compare with .*none\.json: there is no such file; [^\n]*$/);
    const unlike = wrong("--from", now, "--peers", foreign);
    assert.match(unlike, /^cannot read the peers' results .*foreign\.json: \{adapter, rows: [^\n]* was due and /);
    assert.match(unlike, /; give a file of npm run bench:peers -- --json$/);
    const clash = wrong("--from", now, "--json", "x");
    assert.match(clash, /^bench: --from takes the numbers of .*now\.json, so there is nothing for --json; leave one /);
    assert.match(wrong("--filter", "no such row"), /^bench: no row contains "no such row"; rows begin with /);
    const undrawn = runBench("--from", now, "--peers", now).error;
    assert.match(undrawn, /^bench: --peers is drawn in the report; give --report FILE\.html too$/);
    const good = runBench("--from", now, "--compare", old, "--report", page, "--filter", "matmul");
    assert.equal([good.status, good.error], [1, ""]);
    assert.match(good.said, "slower  matmul 512: 5.000 ms, now 10.000");
    assert.not.match(good.said, "train");
    assert.match(readFileSync(page, "utf8"), "some adapter");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

bench("no two rows bear one name", () => {
  const names = [...rows, ...steps].map(caseOf);
  assert.equal(names.filter((name, i) => names.indexOf(name) !== i), []);
});

bench("a row is measured: numbers that hold together, and the variant that was taken", async () => {
  const gpu = await createEngine();
  try {
    const make = () => {
      const a = gpu.full([64, 64], 0.5);
      return () => relu(matmul(a, add(a, a)));
    };
    const { record: r, profile } = await measure(gpu, { op: "matmul", name: "64", flops: 2 * 64 ** 3,
      bytes: 12 * 64 ** 2, make });
    assert.equal([r.case, r.group, r.dispatches, r.warmup], ["matmul 64", "op", 3, 3]);
    assert.ok(r.ms > 0 && r.spread >= 0 && r.first_ms > 0 && r.samples >= 3);
    assert.ok(r.host_ms! > 0 && Math.abs(r.host_us_per_kernel! - (1000 * r.host_ms!) / 3) < 1e-9, `${r.host_ms} ms`);
    assert.ok(Math.abs(r.gflops - (2 * 64 ** 3) / r.ms / 1e6) < 1e-9);
    assert.match(r.variant!, /^matmul:\w+/);
    assert.ok(r.memory!.own >= r.memory!.peak && r.memory!.shared >= 4 * 64 ** 2, JSON.stringify(r.memory));
    assert.is(r.kernel_ms === null, profile === null);
    profile?.spans.forEach((span, i) =>
      assert.ok(span.ms >= 0 && (i === 0 ? span.start === 0 : span.start >= profile.spans[i - 1]!.start))
    );
    if (profile)
      assert.equal(profile.spans.map((s) => s.kernel.split("/").at(-1)!.split(/[._#]/)[0]), ["add", "matmul", "relu"]);
  } finally {
    gpu.close();
  }
});

bench("the roofline's FMA loop does its 192 multiply-adds a round, its copy copies", async () => {
  const gpu = await createEngine();
  try {
    const y = gpu.empty([64]);
    gpu.run(fma, { y }, { rounds: 2, m: 1, a: 1 }, [1]);
    assert.equal([...(await y.data())], Array.from({ length: 64 }, (_, i) => 12 * i + 4 + 8 + 12 * 2 * 16));
    const numbers = Float32Array.from({ length: 8192 }, (_, i) => i);
    const [x, z] = [gpu.tensor(numbers), gpu.empty([8192])];
    gpu.run(copy, { x, z }, {}, [2]);
    assert.equal(await z.data(), numbers);
  } finally {
    gpu.close();
  }
});

bench.run();
