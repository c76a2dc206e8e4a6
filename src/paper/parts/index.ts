// The list of parts, in the order of the report. A new table or figure is a file and a line here.

import type { Part } from "../part.ts";
import { clustering, figure2, figure3, latent } from "./clusters.ts";
import { curves } from "./curves.ts";
import { figure1, figure4 } from "./figures.ts";
import { passing } from "./passing.ts";
import { readings } from "./readings.ts";
import { seeds, table1 } from "./table1.ts";
import { table2 } from "./table2.ts";
import { table3 } from "./table3.ts";

export const PARTS: readonly Part[] = [table1, passing, seeds, ...readings, curves, table2, table3, figure4, clustering,
  latent, figure2, figure3, figure1];

/** The parts of these names, all for none or "all"; an error that lists them for any other. */
export function partsOf(names: readonly string[]): readonly Part[] {
  if (names.length === 0 || names.includes("all")) return PARTS;
  return names.map((name) => {
    const part = PARTS.find((p) => p.name === name);
    if (!part) throw new Error(`reproduce: there is no "${name}"; there are ${PARTS.map((p) => p.name).join(", ")} ` +
      `and all`);
    return part;
  });
}
