// Figure 1, the structure of the networks, and Figure 4, attacked images and what the purifiers make of them.

import type { Purifier } from "../../defences/purifier.ts";
import { firstBatch } from "../../evaluate/batches.ts";
import { figure4 as drawAttacks } from "../figures/adversarial.ts";
import { structureOf } from "../figures/layers.ts";
import { structureFigure } from "../figures/structure.ts";
import { disposeAttacks, table1Attacks } from "../../evaluate/table1-attacks.ts";
import type { Drawn } from "../../report/pictures.ts";
import type { Lab } from "../lab.ts";
import type { Part } from "../part.ts";
import { grayBoxPasses, TABLE1_ATTACKS } from "../passes.ts";
import { networksOf } from "./table1.ts";

export const figure1: Part = {
  name: "figure1",
  needs: ({ clustered }) => ["cnn", clustered],
  figure: {
    file: "figure1.svg",
    folded: "Figure 1: the layers of the networks",
    alt: "Boxes for the layers of the encoder, the decoder and the classifier, with arrows between them",
    caption: "Figure 1: the purifier before the classifier, drawn from the networks themselves. In a box left " +
      "the output's shape, right the number of parameters.",
  },
  async run(lab) {
    const { net, means } = await lab.network(lab.settings.clustered);
    const structure = structureOf(net!, await lab.classifier(), lab.dataset.shape);
    lab.write("figure1.svg", structureFigure(structure, { clusters: means!.get("means").shape[0]! }));
  },
  sections: () => [{ heading: "Structure", parts: [] }],
};

/** Figure 4, from the first test images and all attacks of Table 1. */
export async function attackedImages(lab: Lab, defences: readonly Purifier[]): Promise<Drawn> {
  const model = await lab.model();
  const { None: _, ...attacks } = table1Attacks(model, lab.settings.attack);
  lab.seedFor(0);
  try {
    return await drawAttacks(lab.gpu, firstBatch(lab.batches()), attacks, model,
      defences.filter((d) => d.name !== "none").map((d) => ({ ...d, label: d.title })),
      { classes: lab.dataset.classes });
  } finally {
    disposeAttacks(attacks);
  }
}

export const figure4: Part = {
  name: "figure4",
  needs: networksOf,
  work: (s) => ({ passes: s.evaluationBatch * grayBoxPasses(s, TABLE1_ATTACKS, s.rows.length), bars: 0 }),
  figure: {
    file: "figure4.png",
    alt: "Blocks of images, one an attack: originals, attacked ones, and the reconstruction by each purifier",
    caption: "Figure 4: adversarial examples and what each purifier makes of them. Under each the classifier's " +
      "verdict, in red with a cross where it is wrong.",
  },
  async run(lab) {
    lab.writePictures("figure4", await attackedImages(lab, await lab.defences()));
  },
  sections: () => [{ heading: "Adversarial examples", parts: [] }],
};
