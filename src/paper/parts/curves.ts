// Accuracy over the strength of the attack.

import { defenceOf } from "../../defences/index.ts";
import { epsCurves } from "../../evaluate/eps-curves.ts";
import { accuracyFigure } from "../figures/curves.ts";
import type { Part } from "../part.ts";
import { curvesTable } from "../tables.ts";
import { networksOf } from "./table1.ts";

export const curves: Part = {
  name: "curves",
  needs: networksOf,
  figure: {
    file: "eps-curves.svg",
    alt: "Curves of accuracy over eps, one a defence, falling with eps",
    caption: "Accuracy over the radius of the attack, which is made against the bare classifier (gray box).",
  },
  async run(lab) {
    const { gpu, settings: { curves: { images, eps, rows }, attack: budget }, signal } = lab;
    const [defences, model] = [await lab.defences(rows), await lab.model()];
    lab.seedFor(5);
    const measured = await epsCurves(gpu, defences, model, lab.batches(images), eps, budget,
      { signal, progress: lab.progress });
    lab.results.epsCurves = measured;
    const lines = measured.curves.map(({ defence, values }) => {
      const { title, second } = defenceOf(defence);
      return { label: title, values, dashed: second };
    });
    lab.write("eps-curves.svg", accuracyFigure({ eps, attack: measured.attack, curves: lines, marked: budget.eps }));
  },
  sections: ({ epsCurves: measured }) => [{ heading: "Accuracy over eps",
    parts: measured ? [curvesTable(measured)] : [] }],
};
