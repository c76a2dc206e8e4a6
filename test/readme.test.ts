// The README's example is run as it stands, and its tables are those of the committed results.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fillReadme } from "../src/readme/readme.ts";
import type { MeasuredRow, Results } from "../src/paper/results.ts";
import type { Table2Row } from "../src/evaluate/white-box.ts";

const readme = suite("readme");

readme("the engine example prints what the README says", () => {
  const [, code, printed] =
    /```js\n([\s\S]*?)```\n+prints\n+```\n([\s\S]*?)```/.exec(readFileSync("README.md", "utf8")) ?? [];
  assert.ok(code && printed, "README.md has the example and what it prints");
  const folder = mkdtempSync(resolve("dist/readme-"));
  try {
    const file = join(folder, "example.mjs");
    writeFileSync(file, code.replace('"purigrad"', JSON.stringify(resolve("dist/index.js"))));
    assert.is(execFileSync(process.execPath, [file], { encoding: "utf8",
      env: { ...process.env, FORCE_COLOR: "0" } }).trim(), printed.trim());
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const columns = <T>(value: T) => ({ none: value, fgsm: value, ifgsm: value, pgd: value, mifgsm: value });
const row = (defence: MeasuredRow["defence"], v: number): MeasuredRow => ({ defence, ...columns(v),
  intervals: columns([v - 1, v + 0.5] as [number, number]), n: 1000 });
const RUN = { command: "reproduce", settings: {}, seed: 0, adapter: "a", commit: "c", durations: {} };
const RESULTS: Results = {
  ...RUN,
  table1: [row("cvae+g-signed", 97), row("none", 50)],
  mcnemar: [{ reference: "cvae+g-signed", other: "none", ...columns({ b: 480, c: 10, p: 1e-90 }),
    none: { b: 3, c: 1, p: 0.625 } }],
  seeds: [0, 1, 2].map((seed) => ({ seed, defence: "cvae+g-signed", ...columns(96 + seed) })),
  table2: { rows: [table2Row("cvae+g-signed", 40, true), table2Row("dae", 30, false)] },
  clustering: [{ seed: 0, accuracy: 75.123, nmi: 0.7, purity: 80, sizes: [3, 4], matching: [1, 0] }],
};

/** A defence with noise in z whose every verdict is `percent` of 100, and one without noise. */
function table2Row(defence: Table2Row["defence"], percent: number, noise: boolean): Table2Row {
  const share = { percent, right: percent, n: 100 };
  const bounded = { ...share, interval: [percent - 5, percent + 5] as [number, number] };
  const fresh = noise ? { draws: 20, draws_mean: percent + 1, majority: share, all_right: share } : null;
  const verdict = { mean_latent: share, fresh };
  return {
    defence,
    paper: { acc_raw: share, acc_ae: share, fresh, l2: 1.234, linf: 0.5 },
    clean: verdict,
    eps: [0.1, 0.2].map((eps) => ({
      eps,
      attacks: { bpda: verdict, sampler: noise ? verdict : null, eot: noise ? verdict : null, mean: verdict },
      worst: { mean_latent: bounded, majority: noise ? bounded : null, all_right: noise ? bounded : null },
    })),
  };
}
const EMPTY = ["table1", "table2", "clustering"].map((name) => `<!-- ${name} -->\nold\n<!-- /${name} -->\n`).join(
  "\ntext\n\n",
);

readme("tables stand between the markers, ours beside the paper's, rows in their order", () => {
  const filled = fillReadme(EMPTY, RESULTS);
  assert.match(filled, "| no defence | 50.00 (99.43) | 50.00 (25.71) | 50.00 (0.60) | 50.00 (0.50) | 50.00 (0.60) " +
    "|\n| C-VAE+G (signed) | 97.00 (96.72) |");
  assert.match(filled, "| C-VAE+G (signed) | 96.00 to 97.50 |");
  assert.match(filled, "| no defence | 0.6250 (3 / 1) | < 0.0001 (480 / 10) |");
  assert.match(filled,
    /seeds 0, 1, 2 \|.*\n.*\n\| mean \| 97\..*\n\| standard deviation \| 1\.00 .*\n\| lowest to highest \| 96/);
  assert.match(filled, "| DAE | 30.00 (96.50) | 30.00 (1.10) | - | 1.23 | 0.50 |\n| C-VAE+G (signed) | 40.00 (97.50) " +
    "| 40.00 (37.20) | 41.00 | 1.23 | 0.50 |");
  assert.match(filled, "| DAE | 30.00 | 30.00 | - | - | 30.00 | 30.00 [25.00, 35.00] |\n| C-VAE+G (signed) | 40.00 |");
  assert.match(filled, "| 0 | 75.12 | 0.700 | 80.00 | 3, 4 |");
  assert.not.match(filled, "old");
  assert.is(filled.split("\ntext\n").length, 3);
  assert.is(fillReadme(filled, RESULTS), filled);
});

readme("what was not run stays empty, and a missing marker is one sentence", () => {
  assert.is(fillReadme(EMPTY, RUN), EMPTY.replaceAll("old\n", ""));
  assert.throws(() => fillReadme("no markers", RUN),
    /readme: the markers <!-- table1 --> and <!-- \/table1 --> were due, one is missing/);
});

const STEP = { case: "train net b128", engine: "purigrad", ms: 12.34, spread: 0.05, gflops: 9, gbps: 0, roofline: 0.25,
  samples: 3, dispatches: 40, kernel_ms: null, host_us_per_kernel: 8.5, memory: { own: 2e6, peak: 1e6, shared: 1e6 },
  first_ms: 50 };
const BENCH = {
  "a.json": { adapter: "a", commit: "c", rows: [STEP] },
  "peers-a.json": { adapter: "a",
    rows: [["purigrad", 12], ["tfjs-webgpu", 36], ["ort-cpu", 3], ["torch-cpu", 6]].map(([engine, ms]) =>
      ({ ...STEP, engine, ms })) },
  "pytorch-a.json": {},
};

/** `npm run readme` without the build. */
function runReadme(...args: string[]) {
  const { status, stderr } = spawnSync(process.execPath, ["dist/readme.js", ...args], { encoding: "utf8" });
  return { status, said: stderr.trim() };
}

readme("the command writes the tables, and --check tells where they differ", () => {
  const folder = mkdtempSync(resolve("dist/readme-"));
  try {
    const [text, short, results, bench] = [join(folder, "TABLES.md"), join(folder, "README.md"),
      join(folder, "results.json"), join(folder, "bench")];
    const files = ["--readme", short, "--tables", text, "--results", results, "--bench", bench];
    writeFileSync(short, "<!-- results -->\nold\n<!-- /results -->\n<!-- speed -->\n<!-- /speed -->\n");
    const empty = `${EMPTY}<!-- bench -->\nold\n<!-- /bench -->\n<!-- peers -->\nold\n<!-- /peers -->\n`;
    writeFileSync(text, empty);
    writeFileSync(results, JSON.stringify(RESULTS));
    mkdirSync(bench);
    for (const [name, content] of Object.entries(BENCH)) writeFileSync(join(bench, name), JSON.stringify(content));
    assert.equal(runReadme("--check", ...files), { status: 1, said: `readme: ${short} differs from the tables of ` +
      `${results} and ${bench}; run npm run readme` });
    assert.is(readFileSync(text, "utf8"), empty);
    assert.equal(runReadme(...files), { status: 0, said: "" });
    assert.equal(runReadme("--check", ...files), { status: 0, said: "" });
    const first = readFileSync(short, "utf8");
    assert.match(first, "| C-VAE+G (signed) | 97.0 (96.7) | 97.0 (94.9) | 97.0 (94.9) | 97.0 (95.8) | 97.0 (94.4) | " +
      "40.0 |");
    assert.match(first, "| a | training steps, PGD, purification | 1 | 3.00 | 0 | 0.50 |");
    const filled = readFileSync(text, "utf8");
    assert.match(filled, "[numbers](bench/a.json)");
    assert.match(filled, "| C-VAE+G (signed) | 97.00 (96.72) |");
    assert.match(filled, "| train net b128 | 12.3 | 5 % | 9.0 | - | 25 % | 40 | 8.5 | 3.0 |");
    assert.match(filled, "whole steps and attacks: 3.00 times as fast as the fastest WebGPU peer (geometric mean of " +
      "1 case), behind it in 0.");
    assert.match(filled, "| train net b128 | 12.0 | 3.00 | 0.25 | 0.50 |\n| geometric mean |  | 3.00 | 0.25 | 0.50 |");
    assert.match(runReadme("--chek").said, /^readme: .*; its flags are --check, .*, --readme, --tables$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

if (existsSync("results/mnist/results.json")) {
  readme("the README's tables are those of results/mnist", () =>
    assert.equal(runReadme("--check"), { status: 0, said: "" }));
}

readme.run();
