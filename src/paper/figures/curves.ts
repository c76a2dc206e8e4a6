// Accuracy over the strength of the attack, a curve for each defence.

import { chartDrawing } from "../../report/chart.ts";
import type { Drawing } from "../../report/html-figure.ts";

export interface Curves {
  /** Strengths of the attack, rising, in [0, 1]. */
  eps: readonly number[];
  /** Accuracy in percent at each eps; `dashed` for the second of two that belong together. */
  curves: readonly { label: string; values: readonly number[]; dashed?: boolean }[];
  /** Name of the attack, as in "FGSM". */
  attack?: string;
  /** The eps of Table 1, which is marked if it lies within. */
  marked?: number;
}

/** The curves, in both layouts. Throws when an accuracy is no number from 0 to 100. */
export function accuracyFigure({ eps, curves, attack = "", marked = 0.2 }: Curves): Drawing {
  for (const { label, values } of curves) {
    const wrong = values.find((v) => !(v >= 0 && v <= 100));
    if (wrong !== undefined) throw new Error(`accuracyFigure: "${label}" has an accuracy of ${wrong}, a number from ` +
      `0 to 100 was due`);
  }
  return chartDrawing({
    title: `Accuracy over epsilon of ${curves.map(({ label }) => label).join(", ")}`,
    x: { label: `ε${attack && ` of ${attack}`}`, values: eps },
    y: { label: "accuracy in %", from: 0, to: 100 },
    lines: curves,
    mark: { x: marked, label: `Table 1: ε ${marked}` },
  });
}
