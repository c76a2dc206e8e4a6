// The README's tables of speed, from results/bench: ADAPTER.json of `npm run bench`, peers-ADAPTER.json of
// `npm run bench:peers`.

import fs from "node:fs";
import path from "node:path";
import { groupOf, liveMb, readBench, readPeers, type BenchRecord, type BenchResults, type Group,
  type PeerResults } from "./bench-results.ts";
import { against, enginesOf, geometricMean, summarise, summaryText, type Against } from "./peers.ts";
import { lines, markdownTable } from "../report/table.ts";

/** One result file with its path from the page that shows it. */
interface Named<T> {
  file: string;
  results: T;
  /** Path of the report beside it, of the same name, if there is one. */
  report: string | null;
}

export interface BenchFiles {
  bench: Named<BenchResults>[];
  peers: Named<PeerResults>[];
}

/** Files of `npm run bench:pytorch` and of `bench --isa`, which have no table here. */
const OTHERS = /^(pytorch-|isa)/;

/**
 * All result files of a folder, by name, with their paths from the folder of `page`, which will link to them. None
 * where there is no folder.
 */
export function readBenchFolder(folder: string, page: string): BenchFiles {
  const names = fs.existsSync(folder)
    ? fs.readdirSync(folder).filter((name) => name.endsWith(".json") && !OTHERS.test(name)).sort() : [];
  const linked = (file: string) => path.posix.relative(path.posix.dirname(page), file);
  const named = <T>(name: string, reader: (file: string, what: string) => T): Named<T> => {
    const file = path.posix.join(folder, name);
    const report = file.replace(/json$/, "html");
    return { file: linked(file), results: reader(file, "the bench results"),
      report: fs.existsSync(report) ? linked(report) : null };
  };
  const read = <T>(peers: boolean, reader: (file: string, what: string) => T) =>
    names.filter((name) => name.startsWith("peers-") === peers).map((name) => named(name, reader));
  return { bench: read(false, readBench), peers: read(true, readPeers) };
}

/** What stands between the README's markers. */
export const benchSections = ({ bench, peers }: BenchFiles): Record<"bench" | "peers", string> => ({
  bench: bench.map(benchSection).join("\n"),
  peers: peers.map(peersSection).join("\n"),
});

/** Single ops stand in the files and reports only. */
const TITLES = { step: "Whole steps", overhead: "Overhead", kernel: "Kernels" };
const OPEN = ["step", "overhead"] as const;

const details = (summary: string, body: string): string =>
  `<details><summary>${summary}</summary>\n\n${body}\n</details>\n`;
const ms = (
  value: number,
): string => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const orDash = (value: number | null | undefined, digits: number): string => (value ? value.toFixed(digits) : "-");
const percent = (share: number | null | undefined): string => (share ? `${(100 * share).toFixed(0)} %` : "-");

function benchSection({ file, results, report }: Named<BenchResults>): string {
  const inGroup = (group: Group) => results.rows.filter((row) => groupOf(row) === group);
  const open = OPEN.flatMap((group) => (inGroup(group).length ? [benchTable(TITLES[group], inGroup(group))] : []));
  const kernels = inGroup("kernel");
  const folded = kernels.length ? [details(`${TITLES.kernel}, ${kernels.length} rows`, benchTable("row", kernels))]
    : [];
  return [machineLine(results, links(file, report)), ...open, ...folded].join("\n");
}

const links = (file: string, report: string | null): string =>
  `[numbers](${file})${report ? `, [report](${report})` : ""}`;

function machineLine({ adapter, cpu, cores, commit, roofline }: BenchResults, where: string): string {
  const machine = cpu ? `, ${cpu}, ${cores} ${cores === 1 ? "core" : "cores"}` : "";
  const roof = roofline
    ? ` Roofline: copy ${roofline.copy_gbps.toFixed(1)} GB/s, FMA in registers ${
      roofline.fma_gflops.toFixed(1)
    } GFLOP/s; matmul ${roofline.matmul_gflops.toFixed(1)} GFLOP/s.` : "";
  return `**${adapter}**${machine}, commit ${commit}: ${where}.${roof}\n`;
}

function benchTable(corner: string, rows: readonly BenchRecord[]): string {
  return markdownTable({
    corner,
    columns: ["ms", "spread", "GFLOP/s", "GB/s", "roofline", "kernels", "host us a kernel", "MB"],
    rows: lines(rows.map((
      row,
    ) => [row.case, ms(row.ms), percent(row.spread), orDash(row.gflops, 1), orDash(row.gbps, 2), percent(row.roofline),
      orDash(row.dispatches, 0), orDash(row.host_us_per_kernel, 1), orDash(liveMb(row), 1)]
    )),
  });
}

function peersSection({ file, results, report }: Named<PeerResults>): string {
  const rows = against(results);
  const engines = enginesOf(results);
  const tableOf = (group: keyof typeof TITLES) =>
    peerTable(TITLES[group], rows.filter((row) => row.group === group), engines);
  const folded = tableOf("kernel").map((table) => details(TITLES.kernel, table));
  const said = summarise(rows).map(summaryText);
  const machine = [results.adapter,
    ...(results.cores ? [`${results.cores} ${results.cores === 1 ? "core" : "cores"}`] : []),
    ...(results.commit ? [`commit ${results.commit}`] : [])];
  const lead = `**${machine.join(", ")}**, ${
    links(file, report)
  }: time of each engine / time of purigrad, by turns in one run.${
    said.length ? ` In sum, ${said.join("; ")}.` : ""
  }\n`;
  return [lead, ...OPEN.flatMap(tableOf), ...folded].join("\n");
}

/** The cases of one group, with a last row of geometric means over the cases that each engine could do. */
function peerTable(corner: string, rows: readonly Against[], engines: readonly string[]): string[] {
  if (rows.length === 0) return [];
  const mean = (engine: string) => rows.flatMap((row) => row.ratios[engine] ?? []);
  const means = engines.map((engine) => (mean(engine).length ? geometricMean(mean(engine)).toFixed(2) : "-"));
  const body = rows.map((
    row,
  ) => [row.case, ms(row.ours.ms), ...engines.map((engine) => orDash(row.ratios[engine], 2))]);
  return [
    markdownTable({ corner, columns: ["purigrad, ms", ...engines],
      rows: lines([...body, ["geometric mean", "", ...means]]) }),
  ];
}
