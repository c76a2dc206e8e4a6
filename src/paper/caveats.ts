// What a reader must know before any number of a report, made from the numbers.

import { titleOf } from "../defences/index.ts";
import { counted, listed } from "../report/words.ts";
import { contributions, LEVEL, points, worst, type Contribution } from "./findings.ts";
import { ATTACKS } from "./numbers.ts";
import { COLUMNS, type Results } from "./results.ts";

/** Of a run with Table 1: what its attacks know, what falls to others, and what the clusters are good for. */
export function caveats(results: Results): string[] {
  if (!results.table1?.length && !results.table2?.rows.length) return [];
  return [
    "Table 1 is gray box: its attacks know the classifier and nothing of the purifier before it.",
    whiteBox(results),
    ...contributions(results).slice(-1).map(clusters),
  ];
}

function whiteBox({ table2 }: Results): string {
  const rows = (table2?.rows ?? []).filter(({ defence, eps }) => defence !== "none" && eps.length > 0);
  if (rows.length === 0) return "White box was not measured in this run: an attacker who knows the purifier leaves " +
    "less than these tables say, so do not read them as robustness.";
  const eps = Math.max(...rows.flatMap((row) => row.eps.map((at) => at.eps)));
  const left = rows.map((row) => ({ row, at: row.eps.find((at) => at.eps === eps)! })).filter(({ at }) => at)
    .sort((a, b) => worst(b.at) - worst(a.at))[0]!;
  const n = left.row.clean.mean_latent.n;
  return `White box: an attacker who knows the purifier too leaves at most ${worst(left.at).toFixed(0)} % right at ` +
    `eps ${eps}, behind ${titleOf(left.row.defence)} (${counted(n, "image")}, Table 2).`;
}

function clusters({ clustered, plain, test }: Contribution): string {
  const by = (attack: (typeof ATTACKS)[number]) => clustered[COLUMNS[attack]] - plain[COLUMNS[attack]];
  const [least, most] = [Math.min(...ATTACKS.map(by)), Math.max(...ATTACKS.map(by))];
  const less = `${titleOf(clustered.defence)} less ${titleOf(plain.defence)}, trained alike, is ${points(least)} to ` +
    `${points(most)} points`;
  if (!test) return `The clusters: ${less}; whether that is chance was not tested.`;
  const found = ATTACKS.filter((attack) => test[COLUMNS[attack]].p < LEVEL);
  return found.length === 0
    ? `The clusters add nothing that can be told from chance: ${less} (McNemar's p is ${LEVEL} or more in every ` +
      `column).`
    : `The clusters: ${less}, more than chance (McNemar's p below ${LEVEL}) under ${listed(found)}.`;
}
