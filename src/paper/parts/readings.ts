// Table 1 in the other readings of the paper's attack: what it takes for labels, and what its radius is measured in.

import type { AttackBudget } from "../../evaluate/eps-curves.ts";
import type { Dataset } from "../../data/dataset.ts";
import { measuredRow, verdictsOf } from "../measured.ts";
import type { Part } from "../part.ts";
import { grayBoxPasses, TABLE1_ATTACKS } from "../passes.ts";
import type { Reading } from "../settings.ts";
import { readingSections, readingText } from "../tables.ts";
import { networksOf, underAttack } from "./table1.ts";

/** The attack of a preset in another reading. */
export const readAs = (attack: AttackBudget, { labels, units }: Reading, { std }: Dataset): AttackBudget => ({
  ...attack, ...(labels === "own" && { ownLabels: true as const }), ...(units === "normalised" && { std }) });

const same = (a: Reading, b: Reading): boolean => a.labels === b.labels && a.units === b.units;

/** A part for each, so that a run that is stopped loses one at most. */
const partOf = (name: string, reading: Reading): Part => ({
  name,
  needs: (s) => (s.readings?.some((r) => same(r, reading)) ? networksOf(s) : []),
  work: (s) => ({ passes: s.readings?.some((r) => same(r, reading))
    ? s.testImages * grayBoxPasses(s, TABLE1_ATTACKS, s.rows.length) : 1 }),
  async run(lab) {
    const { settings, results, dataset } = lab;
    if (!settings.readings?.some((r) => same(r, reading))) return;
    const attack = readAs(settings.attack, reading, dataset);
    const judged = await underAttack(lab, await lab.defences(), `Table 1, ${name.replaceAll("-", " ")}`, attack);
    const rows = judged.map((j) => measuredRow(verdictsOf(j)));
    results.readings = [...(results.readings ?? []).filter((r) => !same(r, reading)), { ...reading, rows }];
  },
  sections: (results) => readingSections(results, (r) => same(r, reading)),
  text: (results) => readingText(results, (r) => same(r, reading)),
});

export const readings: readonly Part[] = [
  partOf("own-labels", { labels: "own", units: "pixel" }),
  partOf("normalised", { labels: "true", units: "normalised" }),
  partOf("own-labels-normalised", { labels: "own", units: "normalised" }),
];
