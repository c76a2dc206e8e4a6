// `npm run bench [-- --filter TEXT --adapter KIND --precision f16 --json FILE --compare OLD.json --report FILE.html
// --peers FILE.json]`:
// the adapter's roofline, then every op and every case, and whole steps, each captured and replayed. `--from FILE.json`
// takes the numbers of an earlier run and measures nothing; `--isa CHIPS` asks a GPU's compiler instead (isa/main.ts).
// A filter keeps what contains TEXT, or one of several texts with commas between. `--tune all` times every variant of
// each row's heavy calls first and takes the fastest; the file then holds all times.

import { availableParallelism, cpus } from "node:os";
import { createEngine, type Engine, type EngineOptions } from "../src/index.ts";
import { writeFileAtomic } from "../src/data/files.ts";
import { readBench, readPeers, type BenchRecord, type BenchResults, type Flame,
  type Roofline } from "../src/readme/bench-results.ts";
import { commit } from "../src/train/commit.ts";
import { isa } from "./isa/main.ts";
import { printedComparison } from "./compare.ts";
import { FIRST_USE, firstUseRecord } from "./first-row.ts";
import { readAdapter, readFlags, readPrecision, runCommand } from "./flags.ts";
import { heading, LEGEND, printedResults, printedRoofline, printedRow } from "./print.ts";
import { benchReport } from "./report.ts";
import { measureRoofline, rooflineShare } from "./roofline.ts";
import { caseOf, measure, type BenchRow, type Measurement } from "./row.ts";
import { rows } from "./rows.ts";
import { steps } from "./steps.ts";

/** The training step whose flame strip the report shows; the first one measured where this one was not. */
const FLAME = "train conv-cvae b128";

const say = (text: string): void => void process.stdout.write(text);

/** What a filter keeps. */
interface Choice {
  rows: BenchRow[];
  firstUse: boolean;
  /** Whether the variants of each row are timed first. */
  tune?: boolean;
}

const keeps = (filter: string, name: string): boolean => filter.split(",").some((text) => name.includes(text.trim()));

function choose(filter = ""): Choice {
  const all = [...rows, ...steps];
  const choice = { rows: all.filter((row) => keeps(filter, caseOf(row))), firstUse: keeps(filter, FIRST_USE) };
  const begins = [...new Set([...all.map(caseOf), FIRST_USE].map((name) => name.split(" ")[0]))];
  if (choice.rows.length === 0 && !choice.firstUse) throw new Error(`bench: no row contains "${filter}"; rows begin ` +
    `with ${begins.join(", ")}`);
  return choice;
}

const flameOf = ({ record, profile }: Measurement): Flame | null =>
  profile && /(^|step )train\b/.test(record.case) ? { case: record.case, spans: [...profile.spans] } : null;

/** Every row on an engine of its own, so that first calls compile and nothing is left over from the row before. */
async function measureRows(choice: Choice, roofline: Roofline,
  options: EngineOptions): Promise<Pick<BenchResults, "rows" | "flame">> {
  const done: BenchResults["rows"] = [];
  let flame: Flame | null = null;
  const add = (record: BenchRecord) => {
    done.push(record);
    say(printedRow(record) + "\n");
  };
  for (const row of choice.rows) {
    const gpu = await createEngine(options);
    try {
      const measurement = await measure(gpu, row, choice.tune);
      if (!flame || measurement.record.case === FLAME) flame = flameOf(measurement) ?? flame;
      add({ ...measurement.record, roofline: rooflineShare(measurement.record, roofline) });
    } finally {
      gpu.close();
    }
  }
  if (choice.firstUse) add(await firstUseRecord(options));
  return { rows: done, flame };
}

const about = (gpu: Engine) => ({ adapter: gpu.adapter.name, cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(), commit: commit(), precision: gpu.precision });

async function run({ rows, ...rest }: Choice, options: EngineOptions): Promise<BenchResults> {
  const gpu = await createEngine(options); // stays open: the driver is kept for the others
  try {
    say(`${gpu.adapter.line}\n`);
    const choice = { rows: rows.filter(({ large }) => !large || gpu.adapter.kind === "hardware"), ...rest };
    const roofline = await measureRoofline(gpu);
    gpu.trim();
    say(`${printedRoofline(roofline)}\n${choice.rows.length + Number(choice.firstUse)} rows; ` +
      `${LEGEND}\n\n${heading()}\n`);
    return { ...about(gpu), roofline, ...(await measureRows(choice, roofline, options)) };
  } finally {
    gpu.close();
  }
}

/** The rows of an earlier run that the filter keeps. */
function earlier(file: string, what: string, filter = ""): BenchResults {
  const results = readBench(file, what);
  const kept = results.rows.filter((row) => keeps(filter, row.case));
  return { ...results, rows: kept };
}

function readOptions() {
  const flags = readFlags("bench",
    ["filter", "json", "adapter", "compare", "report", "peers", "from", "isa", "precision", "tune"]);
  const measured = ["json", "adapter", "precision", "tune"] as const;
  const clash = flags.from !== undefined && measured.find((name) => flags[name] !== undefined);
  if (clash) throw new Error(`bench: --from takes the numbers of ${flags.from}, so there is nothing for --${clash}; ` +
    `leave one of the two out`);
  if ((flags.tune ?? "all") !== "all") throw new Error(`bench: --tune: "${flags.tune}" came, all was due`);
  if (flags.peers !== undefined && flags.report === undefined) throw new Error("bench: --peers is drawn in the " +
    "report; give --report FILE.html too");
  return { flags, options: { adapter: readAdapter(flags.adapter), precision: readPrecision(flags.precision) },
    tune: flags.tune === "all" };
}

async function main(): Promise<void> {
  const { flags, options, tune } = readOptions();
  const { filter, from, json, report } = flags;
  if (flags.isa !== undefined) return say(`${await isa(flags.isa.split(","), filter, json)}\n`);
  const old = flags.compare === undefined ? null : earlier(flags.compare, "the results to compare with", filter);
  const peers = flags.peers === undefined ? null : readPeers(flags.peers, "the peers' results");
  const results = from === undefined ? await run({ ...choose(filter), tune }, options)
    : earlier(from, "the results", filter);
  if (from !== undefined) say(printedResults(results));
  if (json) writeFileAtomic(json, JSON.stringify(results, null, 1) + "\n");
  if (report) writeFileAtomic(report, benchReport(results, peers));
  if (!old) return;
  const comparison = printedComparison(old, results, flags.compare!);
  say(`\n${comparison.text}`);
  if (!comparison.ok) process.exitCode = 1;
}

await runCommand(main);
