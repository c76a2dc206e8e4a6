// `purigrad compare A B`: Table 1 of two runs beside each other, and in what the runs differ.

import { statSync } from "node:fs";
import { join } from "node:path";
import { readJsonOr } from "../data/files.ts";
import { titleOf } from "../defences/index.ts";
import { ATTACKS } from "../paper/numbers.ts";
import { COLUMNS, type Column, type MeasuredRow, type Results } from "../paper/results.ts";
import { lines, textTable, type Table } from "../report/table.ts";
import type { HostCommand } from "./command.ts";

interface Run extends Results {
  file: string;
  table1: MeasuredRow[];
}

/** A result file, or the results.json of a folder. */
function readRun(place: string): Run {
  const file = statSync(place, { throwIfNoEntry: false })?.isDirectory() ? join(place, "results.json") : place;
  const results = readJsonOr(file, "the results") as Partial<Results> | null;
  const { table1 } = results ?? {};
  if (!Array.isArray(table1) || table1.length === 0)
    throw new Error(`${file}: it has no Table 1; give a results.json that reproduce, evaluate or start wrote`);
  return { ...(results as Results), table1, file };
}

/** Whether two 95 % intervals have nothing in common. */
function apart(a: MeasuredRow, b: MeasuredRow, column: Column): boolean {
  const [one, two] = [a.intervals?.[column], b.intervals?.[column]];
  return !!one && !!two && (one[1] < two[0] || two[1] < one[0]);
}

function cell(a: MeasuredRow, b: MeasuredRow, column: Column): string {
  const by = b[column] - a[column];
  return `${b[column].toFixed(2)} (${by < 0 ? "" : "+"}${by.toFixed(2)}${apart(a, b, column) ? " *" : ""})`;
}

/** The rows that both have: B's number, and by how much it is above A's. */
export function comparison(a: Run, b: Run): Table {
  const rows = a.table1.flatMap((row) => {
    const other = b.table1.find(({ defence }) => defence === row.defence);
    return other ? [[titleOf(row.defence), ...ATTACKS.map((attack) => cell(row, other, COLUMNS[attack]))]] : [];
  });
  return { caption: `${b.file}, and by how many points it is above ${a.file}`, columns: ATTACKS, rows: lines(rows) };
}

/** What is not the same, as "name: A's | B's". */
function differing(a: Run, b: Run): string[] {
  const about = ({ settings, seed, adapter, commit, version, date, command }: Run): Record<string, unknown> =>
    ({ command, seed, adapter, commit, version, date, ...settings });
  const [one, two] = [about(a), about(b)];
  const names = [...new Set([...Object.keys(one), ...Object.keys(two)])];
  const text = (value: unknown = "-") => (typeof value === "string" ? value : JSON.stringify(value));
  return names.filter((name) => text(one[name]) !== text(two[name])).map((name) =>
    `${name}: ${text(one[name])} | ${text(two[name])}`);
}

export const compare: HostCommand = {
  gpu: false,
  summary: "Table 1 of two runs beside each other, and in what they differ",
  positionals: "A B",
  flags: {},
  async run({ positionals, say }) {
    if (positionals.length !== 2) throw new Error(`compare: ${positionals.length} files came, two were due: ` +
      `results.json of two runs, or their folders`);
    const [a, b] = positionals.map(readRun) as [Run, Run];
    const table = comparison(a, b);
    if (table.rows.length === 0) throw new Error(`compare: ${a.file} and ${b.file} have no defence in common`);
    say(textTable(table, { width: 120 }));
    say("* the 95 % intervals have nothing in common");
    const different = differing(a, b);
    if (different.length) say(`\n${["They differ in (A | B):", ...different].join("\n  ")}`);
    return { result: { a: a.file, b: b.file, rows: table.rows, different }, ok: true };
  },
};
