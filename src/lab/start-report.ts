// The report page of `npm start`.

import { TITLES } from "./names.ts";
import { ATTACKS, paperTable1, type DefenceName } from "./paper.ts";
import { htmlReport } from "./report.ts";
import { COLUMNS, type Results } from "./results.ts";
import { duration } from "./progress.ts";

/** The page `report.html`. */
export function startReport(results: Results, figure: Uint8Array): string {
  const row = (name: DefenceName) => results.table1.find((r) => r.defence === name)!;
  const taken = row("none").none - row("none").ifgsm;
  const back = row("cvae+g").ifgsm - row("none").ifgsm;
  return htmlReport({
    title: "purigrad: a small run on MNIST",
    summary: `I-FGSM takes ${taken.toFixed(1)} points of accuracy from the classifier; the C-VAE+G purifier, which ` +
      `never saw a label, gives ${back.toFixed(1)} of them back.`,
    sections: [
      { heading: "Table 1, small", parts: [table(results)] },
      {
        heading: "Figure 4",
        parts: [{ kind: "figure", image: figure,
          alt: "A block of digits for each attack: originals, attacked ones, reconstructions",
          caption:
            "The first eight test digits, attacked, and what each purifier shows the classifier. Under each: the " +
              "classifier's verdict, with ! where it is wrong." }],
      },
      { heading: "How it was made", parts: [{ kind: "settings", entries: settingsOf(results) }] },
    ],
  });
}

function table(results: Results) {
  return {
    kind: "table" as const,
    caption: "Accuracy in percent; the paper's full-size run in grey",
    corner: "defence",
    columns: ATTACKS.map((label) => ({ label, best: "highest" as const })),
    rows: results.table1.map((r) => ({
      label: TITLES[r.defence],
      cells: ATTACKS.map((a) => ({ value: r[COLUMNS[a]], paper: paperTable1(r.defence, a) })),
    })),
    note: "Attacks are made against the bare classifier (gray box). This small run trains on a slice of MNIST for a " +
      "few epochs; the paper trains at full size.",
  };
}

function settingsOf(r: Results): Record<string, string | number> {
  const flat = (value: object, prefix = ""): [string, string | number][] =>
    Object.entries(value).flatMap(([k, v]) =>
      v && typeof v === "object" && !Array.isArray(v) ? flat(v as object, `${prefix}${k}.`)
        : [[prefix + k, Array.isArray(v) ? v.join(", ") : (v as string | number)]]
    );
  const times = Object.entries(r.durations).map(([name, s]) =>
    [`time: ${name}`, duration(s * 1000)] as [string, string]
  );
  return Object.fromEntries([["command", r.command], ["adapter", r.adapter], ["commit", r.commit], ["seed", r.seed],
    ...flat(r.settings), ...times]);
}
