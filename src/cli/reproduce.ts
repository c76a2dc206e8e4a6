import { outOf, type Command } from "./command.ts";
import { duration } from "../report/progress.ts";
import { PARTS, partsOf } from "../paper/parts/index.ts";
import { planOf } from "../paper/plan.ts";
import { Overall } from "../report/overall.ts";
import { reproduce as runReproduce } from "../paper/reproduce.ts";
import { EXPERIMENT_FLAGS, experimentOf, type Chosen } from "./experiment.ts";

/** With --seed, of all networks and draws; without it the preset's seeds. */
const seeded = (chosen: Chosen, seed?: number): Chosen =>
  (seed === undefined ? chosen : { ...chosen, settings: { ...chosen.settings, seeds: [seed] } });

export const reproduce: Command = {
  summary: `the paper's results: ${PARTS.map(({ name }) => name).join(", ")} or all`,
  positionals: "PART...",
  flags: { ...EXPERIMENT_FLAGS, resume: { type: "boolean", help: "go on from the checkpoint of a run that was " +
    "stopped, to the same bits" } },
  stopped: "what was finished is kept, and --resume goes on from where it stopped",
  async run({ open, flags, positionals, seed, signal, say, progress }) {
    const chosen = seeded(experimentOf(flags), flags.seed === undefined ? undefined : seed);
    const parts = partsOf(positionals);
    outOf(flags, chosen.out);
    const gpu = await open();
    const begun = performance.now();
    const o = { gpu, ...chosen, resume: flags.resume === true, signal, say, progress };
    const results = await runReproduce({ ...o, overall: new Overall(planOf(o, parts), progress) }, parts);
    say(`\n${duration(performance.now() - begun)}; report, figures, weights and results.json are in ${chosen.out}`);
    return { result: results, ok: true };
  },
};
