// What each purifier lets through, beside Table 1.

import { ifgsm } from "../../attacks/index.ts";
import { passing as measure } from "../../evaluate/passing.ts";
import type { Part } from "../part.ts";
import { grayBoxPasses } from "../passes.ts";
import { folded } from "../table-parts.ts";
import { passingTable } from "../tables.ts";
import { networksOf } from "./table1.ts";

export const passing: Part = {
  name: "passing",
  needs: networksOf,
  work: (s) => ({ passes: s.curves.images * grayBoxPasses(s, 1, 2 * s.rows.length) }),
  async run(lab) {
    const { gpu, settings: { attack: { eps, alpha, steps }, curves: { images } }, signal, progress } = lab;
    const attack = ifgsm(await lab.model(), { eps, alpha, steps });
    lab.seedFor(4);
    try {
      const purifiers = (await lab.defences()).filter(({ name, classify, votes }) => name !== "none" && !classify &&
        !votes); // those have the purifier of another row
      lab.results.passing = await measure(gpu, purifiers, attack, lab.batches(images), { signal, progress });
    } finally {
      attack.dispose();
    }
  },
  sections: ({ passing: rows = [] }) => [{ heading: "Table 1: gray box",
    parts: folded("What each purifier lets through", rows.length ? [passingTable(rows)] : []) }],
};
