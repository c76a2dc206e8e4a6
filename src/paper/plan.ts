// What a run is going to do: its phases in their order, with how much work each is, for the overall progress.

import type { Phase } from "../report/overall.ts";
import { Lab, type LabOptions } from "./lab.ts";
import type { Part } from "./part.ts";
import { timeOf } from "./labels.ts";
import { gradientPasses } from "./passes.ts";
import type { Settings } from "./settings.ts";

/** How many epochs a network is trained for: the last of its settings that says so is its own. */
function epochsOf(settings: Record<string, unknown>): { key: string; epochs: number } {
  const own = Object.entries(settings).filter(([, value]) => (value as { epochs?: number } | undefined)?.epochs).at(-1);
  return own ? { key: own[0], epochs: (own[1] as { epochs: number }).epochs } : { key: "others", epochs: 1 };
}

/** Settings whose phases train a network for images and not a purifier. */
const CLASSIFIERS = ["classifier", "adversarial", "tuned"];

/**
 * The phases of a reproduction, without those whose networks are there. `expected`: seconds by the names of phases,
 * where they are known; they are the costs then.
 */
export function planOf(o: LabOptions, parts: readonly Part[], expected: Readonly<Record<string, number>> = {}):
  Phase[] {
  const lab = new Lab(o);
  const { settings } = lab;
  const planned = new Map<string, Phase>();
  for (const part of parts) {
    for (const due of lab.due(part.needs(settings), part.everySeed?.(settings) ?? []))
      if (!planned.has(due.name)) planned.set(due.name, training(due.name, due.settings, settings));
    const { passes, bars = 1 } = part.work?.(settings) ?? { passes: settings.evaluationBatch, bars: 0 };
    planned.set(part.name, { name: part.name, title: timeOf(part.name), kind: "attack", cost: passes, bars });
  }
  lab.dispose();
  return [...planned.values()].map((phase) => ({ ...phase, cost: expected[phase.name] ?? phase.cost }));
}

function training(name: string, own: Record<string, unknown>, { trainImages }: Settings): Phase {
  const { key, epochs } = epochsOf(own);
  const kind = CLASSIFIERS.includes(key) ? "classifier" : "purifier";
  return { name, kind, cost: gradientPasses(trainImages * epochs) };
}
