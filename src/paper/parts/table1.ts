// Table 1, gray box: every defence under the attacks on the bare classifier.

import { defenceOf } from "../../defences/index.ts";
import type { Purifier } from "../../defences/purifier.ts";
import type { AttackBudget } from "../../evaluate/eps-curves.ts";
import { grayBox, type Judged } from "../../evaluate/gray-box.ts";
import { disposeAttacks, table1Attacks } from "../../evaluate/table1-attacks.ts";
import type { Lab } from "../lab.ts";
import { compareRows, measuredRow, verdictsOf } from "../measured.ts";
import type { Part } from "../part.ts";
import { grayBoxPasses, TABLE1_ATTACKS } from "../passes.ts";
import type { MeasuredRow, SeedRow } from "../results.ts";
import { table1Sections, table1Text } from "../tables.ts";

/** The attacks on the bare classifier, from the first seed's random numbers: the same in every part. */
export async function underAttack(lab: Lab, defences: readonly Purifier[], label: string,
  attack: AttackBudget = lab.settings.attack): Promise<Judged[]> {
  const { gpu, signal, progress } = lab;
  const model = await lab.model();
  const attacks = table1Attacks(model, attack);
  lab.seedFor(0);
  try {
    return await grayBox(gpu, defences, model, attacks, lab.batches(), { label, signal, progress,
      ownLabels: attack.ownLabels === true });
  } finally {
    disposeAttacks(attacks);
  }
}

/** Networks of every row of the tables, or of those that a part has. */
export const networksOf = ({ rows }: { rows: readonly string[] }): string[] =>
  ["cnn", ...new Set(rows.flatMap((row) => defenceOf(row).recipe?.name ?? []))];

export const table1: Part = {
  name: "table1",
  needs: networksOf,
  work: (s) => ({ passes: s.testImages * grayBoxPasses(s, TABLE1_ATTACKS, s.rows.length) }),
  async run(lab) {
    const verdicts = (await underAttack(lab, await lab.defences(), "Table 1")).map(verdictsOf);
    Object.assign(lab.results, { table1: verdicts.map(measuredRow), mcnemar: compareRows(verdicts) });
  },
  sections: table1Sections,
  text: table1Text,
};

const seedRow = (seed: number, { intervals: _, n: __, first500: ___, ...row }: MeasuredRow): SeedRow => ({ seed,
  ...row });

/** The rows of `seedRows` by networks trained from every seed, on the same attacked images. */
export const seeds: Part = {
  name: "seeds",
  needs: ({ seedRows }) => ["cnn", ...seedRows],
  everySeed: ({ seedRows }) => seedRows,
  work: (s) => ({ passes: s.testImages * s.seedRows.length * grayBoxPasses(s, TABLE1_ATTACKS, s.seeds.length),
    bars: s.seedRows.length }),
  async run(lab) {
    const rows: SeedRow[] = [];
    for (const name of lab.settings.seedRows) {
      const all: Purifier[] = [];
      for (const seed of lab.settings.seeds) all.push(await lab.defence(name, seed));
      const judged = await underAttack(lab, all, `${all[0]!.title} from ${all.length} seeds`);
      rows.push(...judged.map((j, i) => seedRow(lab.settings.seeds[i]!, measuredRow(verdictsOf(j)))));
    }
    lab.results.seeds = rows;
  },
};
