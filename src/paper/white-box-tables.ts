// Table 2, white box: the paper's setting, and every eps in each way to judge a defence.

import { titleOf } from "../defences/index.ts";
import type { BoundedShare, Verdict, WorstCase } from "../evaluate/verdicts.ts";
import type { WhiteBoxName } from "../evaluate/victim.ts";
import { attacksOn, type Table2Row } from "../evaluate/white-box.ts";
import type { ReportSection, ReportTable } from "../report/page.ts";
import type { Cell, Measured } from "../report/table.ts";
import { counted } from "../report/words.ts";
import { paperOf } from "./experiments.ts";
import { paperTable2 } from "./numbers.ts";
import type { Results } from "./results.ts";
import type { PaperNumbers } from "./settings.ts";
import { best, captioned, folded, inOrder, table } from "./table-parts.ts";

/** BPDA in the paper's setting. */
export function paperSettingTable(rows: readonly Table2Row[], paper: PaperNumbers): ReportTable {
  const cells = ({ defence, paper: { acc_raw, acc_ae, fresh, l2, linf } }: Table2Row): Cell[] => {
    const theirs = paperTable2(paper, defence);
    return [{ value: acc_raw.percent, paper: theirs?.raw }, { value: acc_ae.percent, paper: theirs?.ae },
      fresh?.draws_mean ?? null, l2, linf];
  };
  return table({
    caption: "Table 2, white box: BPDA with raw gradients and no bound",
    columns: [best("Acc_raw"), best("Acc_ae"), "on fresh draws", "L2", "L\u221e"],
    rows: inOrder(rows, (row) => row.defence).map((row) => ({ label: titleOf(row.defence), cells: cells(row) })),
    note: `${counted(rows[0]!.paper.acc_raw.n, "test image")}, 1,000 in the paper; accuracy in percent. L2 and ` +
      `L\u221e: mean size of the perturbation where the image was right before.`,
  });
}

const ATTACKED_BY: Record<WhiteBoxName, string> = { bpda: "BPDA", sampler: "sampler", eot: "EOT", mean: "mean",
  "apgd-ce": "APGD-CE", "apgd-dlr": "APGD-DLR" };

/** One way to judge a defence: as deployed, or on fresh draws of z. */
interface Reading {
  title: string;
  share: (verdict: Verdict) => number | undefined;
  worst?: (worst: WorstCase) => BoundedShare | null;
}

const READINGS: readonly Reading[] = [
  { title: "as deployed, z = mu(x)", share: (v) => v.mean_latent.percent, worst: (w) => w.mean_latent },
  { title: "mean over fresh draws of z", share: (v) => v.fresh?.draws_mean },
  { title: "majority vote over fresh draws", share: (v) => v.fresh?.majority.percent, worst: (w) => w.majority },
  { title: "right on all fresh draws", share: (v) => v.fresh?.all_right.percent, worst: (w) => w.all_right },
];

/** The tables of one eps, a reading each; a defence without noise in z is left out where draws are asked for. */
export function withinEpsTables(rows: readonly Table2Row[], eps: number): ReportTable[] {
  const names = attacksOn(rows);
  return READINGS.flatMap((reading, i) => {
    const own = inOrder(rows, (row) => row.defence).flatMap((row) => readRow(row, eps, reading, names) ?? []);
    if (own.length === 0) return [];
    const columns = ["not attacked", ...names.map((name) => ATTACKED_BY[name]),
      ...(reading.worst ? ["worst case"] : [])];
    return [
      table({ caption: `L\u221e, eps ${eps}: ${reading.title}`,
        columns: columns.map((label) => ({ ...best(label), digits: 1 })), rows: own,
        ...(i === 0 &&
          {
            note: `Percent of ${counted(rows[0]!.clean.mean_latent.n, "test image")}; the worst case with its 95 % ` +
              `interval.`,
          }) }),
    ];
  });
}

function readRow({ defence, clean, eps: all }: Table2Row, eps: number, { share, worst }: Reading,
  names: readonly WhiteBoxName[]): { label: string; cells: Cell[]; } | null {
  const at = all.find((candidate) => candidate.eps === eps);
  if (!at || share(clean) === undefined) return null;
  const bounded = worst?.(at.worst);
  const last: Measured[] = worst ? [{ value: bounded?.percent ?? null, interval: bounded?.interval }] : [];
  const cell = (verdict: Verdict | null | undefined) => (verdict ? (share(verdict) ?? null) : null);
  return { label: titleOf(defence), cells: [cell(clean), ...names.map((name) => cell(at.attacks[name])), ...last] };
}

const APGD_TEXT = " APGD: through decode(mu(x)) with a step size that each image halves, of cross-entropy and of DLR.";
const textOf = (names: readonly WhiteBoxName[]): string => [
  "Attacks on the classifier behind the purifier. BPDA: signed steps, backward through the identity in the " +
    "purifier's place. Sampler: PGD through one draw of z a step. EOT: PGD through the mean over several draws a " +
    `step. Mean: PGD through decode(mu(x)).${names.includes("apgd-ce") ? APGD_TEXT : ""}`,
  "Worst case: images that are right as they are and after every attack. Defences without noise in z have no draws.",
].join("\n\n");

/** What all attacks together leave, as deployed, over eps. */
function worstTable(rows: readonly Table2Row[]): ReportTable {
  const cell = (row: Table2Row, eps: number): Measured => {
    const left = row.eps.find((at) => at.eps === eps)?.worst.mean_latent;
    return { value: left?.percent ?? null, interval: left?.interval };
  };
  return table({
    caption: "White box, the worst case over all attacks, as deployed: accuracy in percent",
    columns: ["not attacked", ...rows[0]!.eps.map(({ eps }) => `eps ${eps}`)].map((label) => ({ ...best(label),
      digits: 1 })),
    rows: inOrder(rows, (row) => row.defence).map((row) => ({ label: titleOf(row.defence),
      cells: [row.clean.mean_latent.percent, ...rows[0]!.eps.map(({ eps }) => cell(row, eps))] })),
    note: `${counted(rows[0]!.clean.mean_latent.n, "test image")}; under each number its 95 % interval.`,
  });
}

/** The worst case over eps, BPDA as in the paper, then each attack by eps, for the report. */
export function table2Sections({ table2, settings }: Results): ReportSection[] {
  const rows = table2?.rows ?? [];
  if (rows.length === 0) return [{ heading: "Table 2: white box", parts: [] }];
  const within = rows[0]!.eps.flatMap(({ eps }) =>
    folded(`Every attack within eps ${eps}`, withinEpsTables(rows, eps)));
  return [{ heading: "Table 2: white box", parts: [...(within.length ? [worstTable(rows)] : []),
    paperSettingTable(rows, paperOf(settings)), { kind: "text", text: textOf(attacksOn(rows)) }, ...within] }];
}

/** Table 2 for the terminal: the paper's setting, then every eps. */
export function table2Text({ table2, settings }: Results): string {
  const rows = table2?.rows ?? [];
  const within = (rows[0]?.eps ?? []).flatMap(({ eps }) => withinEpsTables(rows, eps));
  return [captioned(paperSettingTable(rows, paperOf(settings))), ...within.map((t) => captioned(t, true))].join("\n");
}
