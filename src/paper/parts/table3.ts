// Table 3: adversarial training beside the purifiers, each under PGD that knows all of it; beside that what a purifier
// has left when the attack knows the classifier alone, which is what the paper compares.

import { pgd, type Model } from "../../attacks/index.ts";
import { toImageSet } from "../../data/dataset.ts";
import { deployed, type Purifier } from "../../defences/purifier.ts";
import { batches, type Batches } from "../../evaluate/batches.ts";
import { grayBox, percentOf } from "../../evaluate/gray-box.ts";
import { spread } from "../../evaluate/pieces.ts";
import { clopperPearson } from "../../evaluate/stats.ts";
import type { Lab } from "../lab.ts";
import type { Part } from "../part.ts";
import { gradientPasses } from "../passes.ts";
import type { Table3Row } from "../results.ts";
import type { RobustSettings } from "../settings.ts";
import { table3Sections, table3Text } from "../tables.ts";

/** Which images a defence has right as they are and under PGD on `attacked`. */
async function underPgd(lab: Lab, defence: Purifier, model: Model, attacked: Model, set: Batches,
  { eps, alpha, steps, restarts }: RobustSettings): Promise<{ clean: boolean[]; pgd: boolean[] }> {
  const attack = pgd(attacked, { eps, alpha, steps, restarts });
  lab.seedFor(3);
  try {
    const [judged] = await grayBox(lab.gpu, [defence], model, { clean: null, pgd: attack }, set,
      { label: `PGD on ${defence.title}`, progress: lab.progress, signal: lab.signal });
    return judged!.correct as { clean: boolean[]; pgd: boolean[] };
  } finally {
    attack.dispose();
  }
}

async function rowOf(lab: Lab, name: string, model: Model, set: Batches, s: RobustSettings): Promise<Table3Row> {
  const defence = await lab.defence(name);
  const white = await underPgd(lab, defence, model, deployed(defence, model), set, s);
  const gray = defence.classify ? null : percentOf((await underPgd(lab, defence, model, model, set, s)).pgd);
  const [low, high] = clopperPearson(white.pgd.filter(Boolean).length, white.pgd.length);
  return { defence: name, n: white.pgd.length, clean: percentOf(white.clean), gray, white: percentOf(white.pgd),
    interval: [100 * low, 100 * high], minutes: lab.seconds(name) / 60 };
}

export const table3: Part = {
  name: "table3",
  needs: ({ robust }) => (robust ? ["cnn", ...robust.rows] : []),
  work: ({ robust: s }) => (s ? { passes: 2 * s.rows.length * s.images * gradientPasses(s.steps * s.restarts),
    bars: 2 * s.rows.length } : { passes: 1 }),
  async run(lab) {
    const { robust, evaluationBatch } = lab.settings;
    if (!robust) return lab.say(`table3: the paper has none on ${lab.dataset.title}`);
    const model = await lab.model();
    const set = batches(spread(toImageSet(lab.test), robust.images), Math.min(robust.images, evaluationBatch));
    const rows: Table3Row[] = [];
    for (const name of robust.rows) rows.push(await rowOf(lab, name, model, set, robust));
    lab.results.table3 = rows;
  },
  sections: table3Sections,
  text: table3Text,
};
