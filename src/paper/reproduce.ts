// The paper's results, part by part: trains what is missing, measures, draws, and keeps everything in one folder:
// weights/, results.json, the figures, report.html. A part that is not asked for keeps what an earlier run measured.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { readFileOr, writeFileAtomic } from "../data/files.ts";
import { Lab, type LabOptions } from "./lab.ts";
import { reportPage } from "./page.ts";
import type { Part } from "./part.ts";
import { PARTS } from "./parts/index.ts";
import type { Results } from "./results.ts";

/** The figures that a folder has, by the name of their part: PNG as bytes, SVG as text. */
function figuresOf(dir: string): Record<string, Uint8Array | string> {
  return Object.fromEntries(PARTS.flatMap(({ name, figure }) => {
    const file = figure && join(dir, figure.file);
    if (!file || !existsSync(file)) return [];
    const bytes = readFileOr(file, "the figure");
    return [[name, file.endsWith(".svg") ? new TextDecoder().decode(bytes) : bytes]];
  }));
}

/** Drawings that the numbers suffice for, as files. */
const drawn = (results: Results): [file: string, svg: string][] => PARTS.flatMap(({ figure }) => {
  const drawing = figure?.draw?.(results);
  return drawing ? [[figure!.file, drawing.wide]] : [];
});

/** Writes report.html, and the drawings that the numbers suffice for, from results and the figures of `dir`. */
export function writeReport(dir: string, results: Results, out = dir): void {
  for (const [file, svg] of drawn(results)) writeFileAtomic(join(out, file), svg);
  writeFileAtomic(join(out, "report.html"), reportPage(results, figuresOf(dir)));
}

/** Writes results.json into a folder. */
export const writeResults = (dir: string, results: Results): void =>
  writeFileAtomic(join(dir, "results.json"), JSON.stringify(results, null, 2) + "\n");

function write(lab: Lab, out: string | undefined): void {
  if (out === undefined) return;
  writeResults(out, lab.results);
  writeReport(out, lab.results);
}

/**
 * Runs the parts one after the other, writes the folder after each and says what was measured. Returns what is in
 * results.json.
 */
export async function reproduce(o: LabOptions, parts: readonly Part[], command = "reproduce"): Promise<Results> {
  const lab = new Lab(o, command);
  try {
    for (const part of parts) {
      await lab.train(part.needs(o.settings));
      for (const seed of o.settings.seeds) await lab.train(part.everySeed?.(o.settings) ?? [], seed);
      const begun = performance.now();
      await (o.overall ? o.overall.during(part.name, () => part.run(lab)) : part.run(lab));
      lab.results.durations[part.name] = (performance.now() - begun) / 1000;
      write(lab, o.out);
      const text = part.text?.(lab.results);
      if (text) o.say(`\n${text}`);
    }
  } finally {
    lab.dispose();
  }
  return lab.results;
}
