// Table 2, white box: attacks that know the defence.

import { toImageSet } from "../../data/dataset.ts";
import { whiteBox } from "../../evaluate/white-box.ts";
import type { Part } from "../part.ts";
import { whiteBoxPasses } from "../passes.ts";
import { table2Sections, table2Text } from "../white-box-tables.ts";
import { networksOf } from "./table1.ts";

export const table2: Part = {
  name: "table2",
  needs: ({ rows, whiteBox }) => networksOf({ rows: whiteBox.rows ?? rows }),
  work: ({ rows, whiteBox: { rows: own = rows, ...s } }) => ({ passes: own.length * whiteBoxPasses(s),
    bars: 2 * own.length }),
  async run(lab) {
    const { gpu, settings, signal, progress, say } = lab;
    const [defences, model] = [await lab.defences(settings.whiteBox.rows), await lab.model()];
    lab.seedFor(2);
    lab.results.table2 = await whiteBox(gpu, defences, model, toImageSet(lab.test), settings.whiteBox,
      { signal, progress, say });
  },
  sections: table2Sections,
  text: table2Text,
};
