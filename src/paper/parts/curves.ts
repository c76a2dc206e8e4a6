// Accuracy over the strength of the attack.

import { DEFENCES, titleOf } from "../../defences/index.ts";
import { epsCurves } from "../../evaluate/eps-curves.ts";
import { accuracyFigure } from "../figures/curves.ts";
import type { Part } from "../part.ts";
import { grayBoxPasses } from "../passes.ts";
import type { Results } from "../results.ts";
import type { Settings } from "../settings.ts";
import type { Drawing } from "../../report/html-figure.ts";
import { folded } from "../table-parts.ts";
import { curvesTable } from "../tables.ts";
import { networksOf } from "./table1.ts";

function draw({ epsCurves: measured, settings }: Results): Drawing | undefined {
  if (!measured) return undefined;
  const lines = measured.curves.map(({ defence, values }) => ({ label: titleOf(defence), values,
    dashed: DEFENCES.find(({ name }) => name === defence)?.second }));
  const { eps, attack } = measured;
  return accuracyFigure({ eps, attack, curves: lines, marked: (settings as Partial<Settings>).attack?.eps });
}

export const curves: Part = {
  name: "curves",
  needs: ({ rows, curves: own }) => networksOf({ rows: own.rows ?? rows }),
  figure: {
    file: "eps-curves.svg",
    alt: "Curves of accuracy over eps, one a defence, falling with eps",
    caption: "Accuracy over the radius of the attack, which is made against the bare classifier (gray box).",
    draw,
  },
  work: (s) => ({ passes: s.curves.images * grayBoxPasses(s, s.curves.eps.length, (s.curves.rows ?? s.rows).length) }),
  async run(lab) {
    const { gpu, settings: { curves: { images, eps, rows }, attack: budget }, signal } = lab;
    const [defences, model] = [await lab.defences(rows), await lab.model()];
    lab.seedFor(5);
    const measured = await epsCurves(gpu, defences, model, lab.batches(images), eps, budget,
      { signal, progress: lab.progress });
    lab.results.epsCurves = measured;
    lab.write("eps-curves.svg", draw(lab.results)!.wide);
  },
  sections: ({ epsCurves: measured }) => [{ heading: "Accuracy over eps",
    parts: folded("The numbers of the curves", measured ? [curvesTable(measured)] : []) }],
};
