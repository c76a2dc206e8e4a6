// The figures of a folder, drawn again from its weights.

import { join } from "node:path";
import { titleOf } from "../defences/index.ts";
import type { Engine } from "../engine/engine.ts";
import { folderStore } from "../train/folder-store.ts";
import { experimentOn, presetOf } from "./experiments.ts";
import { Lab, type LabOptions } from "./lab.ts";
import { PARTS } from "./parts/index.ts";
import { writeResults } from "./reproduce.ts";
import type { Results } from "./results.ts";
import type { Settings } from "./settings.ts";

/**
 * Draws the figures of a folder again from its weights, which are not trained; those that the weights do not suffice
 * for are left out and named to `say`. Writes them and their words into results.json.
 */
export async function redraw(gpu: Engine, dir: string, results: Results, o: Pick<LabOptions, "data" | "signal" |
  "progress" | "say">): Promise<void> {
  const settings = settingsOfResults(results);
  const store = folderStore(join(dir, "weights"));
  const lab = (rows: readonly string[]) => new Lab({ ...o, gpu, settings: { ...settings, rows }, out: dir, store,
    trained: true, results });
  const whole = lab(settings.rows);
  const absent = settings.rows.filter((row) => whole.missing(row) !== null);
  if (absent.length) o.say(`without ${absent.map(titleOf).join(", ")}, whose weights are not there`);
  whole.dispose();
  const there = lab(settings.rows.filter((row) => !absent.includes(row)));
  for (const part of PARTS.filter(({ figure }) => figure && !figure.draw)) {
    const missing = part.needs(there.settings).find((name) => there.lacks(name) !== null);
    if (missing) o.say(`${part.name}: left out, there are no weights of ${missing}`);
    else await part.run(there);
  }
  there.dispose();
  writeResults(dir, results);
}

/** The settings of a result file; what an older one does not name is its preset's, or the first one's. */
function settingsOfResults({ settings }: Results): Settings {
  const given = settings as Partial<Settings>;
  const experiment = experimentOn(given.dataset ?? "mnist");
  const known = Object.hasOwn(experiment.presets, given.preset ?? "");
  return { ...presetOf(experiment, known ? given.preset : undefined), ...given };
}
