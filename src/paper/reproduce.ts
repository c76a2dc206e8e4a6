// The paper's results, part by part: trains what is missing, measures, draws, and keeps everything in one folder:
// weights/, results.json, the figures, report.html. A part that is not asked for keeps what an earlier run measured.

import { Lab, type LabOptions } from "./lab.ts";
import { reportPage } from "./page.ts";
import type { Part } from "./part.ts";
import { PARTS } from "./parts/index.ts";
import type { Results } from "./results.ts";

/** The figures that are in the folder, by the name of their part: PNG as bytes, SVG as text. */
function figuresOf(lab: Lab): Record<string, Uint8Array | string> {
  return Object.fromEntries(PARTS.flatMap(({ name, figure }) => {
    const bytes = figure && lab.read(figure.file);
    if (!bytes) return [];
    return [[name, figure.file.endsWith(".svg") ? new TextDecoder().decode(bytes) : bytes]];
  }));
}

function write(lab: Lab): void {
  lab.write("results.json", JSON.stringify(lab.results, null, 2) + "\n");
  lab.write("report.html", reportPage(lab.results, figuresOf(lab)));
}

/** Runs the parts one after the other and writes the folder after each. Returns what is in results.json. */
export async function reproduce(o: LabOptions, parts: readonly Part[], command = "reproduce"): Promise<Results> {
  const lab = new Lab(o, command);
  try {
    for (const part of parts) {
      o.say(`${part.name} ..`);
      await lab.train(part.needs(o.settings));
      const begun = performance.now();
      await part.run(lab);
      lab.results.durations[part.name] = (performance.now() - begun) / 1000;
      write(lab);
    }
  } finally {
    lab.dispose();
  }
  return lab.results;
}
