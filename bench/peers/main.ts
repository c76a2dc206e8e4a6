// `npm run bench:peers [-- --filter TEXT --engines a,b --json FILE --adapter KIND --core N --samples-ms MS --limit S
// --keep FILE]`:
// the cases of bench/cases.ts on purigrad and on other engines, by turns, all on one adapter. See README.md.

import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readJsonOr, writeFileAtomic } from "../../src/data/files.ts";
import { readPeers } from "../../src/readme/bench-results.ts";
import { commit } from "../../src/train/commit.ts";
import { CASES, type Case } from "../cases.ts";
import { readAdapter, readCount, readFlags, runCommand } from "../flags.ts";
import { findDriver } from "./driver.ts";
import { canPin, ENGINES, isScript, startEngines, USUAL, type Engine, type EngineName } from "./engines.ts";
import { measureCase, type Row, type Settings } from "./measure.ts";
import { setUp } from "./setup.ts";
import { stopWorkers } from "./workers.ts";
import { printedRow, printedSummary, printedTable, summaryOf } from "./table.ts";

const DIST = dirname(fileURLToPath(import.meta.url)); // this runs as dist/bench-peers.js
const PEERS = join(DIST, "../bench/peers");
const FLAGS = ["filter", "engines", "json", "adapter", "core", "samples-ms", "limit", "keep"] as const;

const say = (line: string) => void process.stdout.write(`${line}\n`);

function readEngines(text: string | undefined): EngineName[] {
  const asked = text === undefined ? [...USUAL] : text.split(",").map((name) => name.trim());
  const wrong = asked.find((name) => !(ENGINES as readonly string[]).includes(name));
  if (wrong !== undefined) throw new Error(`--engines: "${wrong}" came, a list of ${ENGINES.join(", ")} was due`);
  return ENGINES.filter((name) => asked.includes(name));
}

function readCore(text: string | undefined): number | null {
  if (text === undefined) return null;
  const core = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(core)) throw new Error(`--core: "${text}" came, the number of a core from 0 was due`);
  if (!canPin(core)) throw new Error(`--core: taskset -c ${core} does not work here; give one of the ` +
    `${availableParallelism()} cores at hand from 0, or leave --core out`);
  return core;
}

function readCases(filter = ""): Case[] {
  const chosen = CASES.filter((c) => c.name.includes(filter));
  if (chosen.length === 0) throw new Error(`bench:peers: no case contains "${filter}"; names are like ` +
    `"${CASES[0]!.name}" and "${CASES.at(-1)!.name}", see bench/cases.ts`);
  return chosen;
}

function readOptions() {
  const flags = readFlags("bench:peers", FLAGS);
  const settings: Settings = { samplesMs: readCount("samples-ms", flags["samples-ms"], 20),
    limitMs: 1000 * readCount("limit", flags.limit, 60) };
  return { settings, cases: readCases(flags.filter), engines: readEngines(flags.engines),
    wish: readAdapter(flags.adapter), core: readCore(flags.core), json: flags.json, keep: flags.keep };
}

/** The rows of an interrupted run, whose cases are not measured again. */
function readKept(file: string | undefined, adapter: string): Row[] {
  if (file === undefined) return [];
  const kept = readPeers(file, "--keep");
  if (kept.adapter !== adapter) throw new Error(`--keep: ${file} was measured on ${kept.adapter}, this is ` +
    `${adapter}; leave --keep out`);
  return (readJsonOr(file, "--keep") as { rows: Row[] }).rows;
}

const COMMIT = commit();

function resultsOf(adapter: string, core: number | null, engines: readonly Engine[], rows: readonly Row[]) {
  const versions = Object.fromEntries(engines.map((e) => [e.engine, e.version]));
  return { adapter, cores: core === null ? availableParallelism() : 1, commit: COMMIT, date: new Date().toISOString(),
    versions, rows, summary: summaryOf(adapter, rows) };
}

async function main(): Promise<void> {
  const { settings, cases: asked, engines: names, wish, core, json, keep } = readOptions();
  if (names.some(isScript)) await setUp(PEERS, say);
  const driver = await findDriver(wish);
  say(driver.line);
  const rows = readKept(keep, driver.adapter);
  const cases = asked.filter((c) => !rows.some((row) => row.case === c.name));
  const engines = await startEngines(names, { dist: DIST, peers: PEERS, driver, core }, say);
  say(`${cases.length} cases by turns on ${engines.map((e) => `${e.engine} ${e.version}`).join(", ")}\n`);
  const save = () =>
    json && writeFileAtomic(json, `${JSON.stringify(resultsOf(driver.adapter, core, engines, rows), null, 1)}\n`);
  save();
  for (const [i, c] of cases.entries()) {
    const measured = await measureCase(c, engines, rows, settings);
    rows.push(...measured);
    const ours = measured.find((row) => row.engine === "purigrad");
    say(`[${i + 1}/${cases.length}] ${c.name}: ${measured.map((row) => printedRow(row, ours)).join("; ")}`);
    save();
  }
  say(`\nms (GFLOP/s of purigrad); peers: ms and how many times purigrad's time that is\n`);
  say(printedTable(rows, engines.map((e) => e.engine)));
  process.stdout.write(printedSummary(summaryOf(driver.adapter, rows)));
}

await runCommand(() => main().finally(stopWorkers));
