// What the tables of all datasets share: the attacks that are their columns, and the paper's number beside one of ours.

import type { PaperNumbers } from "./settings.ts";

export const ATTACKS = ["None", "FGSM", "I-FGSM", "PGD", "MI-FGSM"] as const;
export type AttackName = (typeof ATTACKS)[number];

/** Ours whose noise is not the paper's stand beside the paper's "+G". */
const BESIDE: Readonly<Record<string, string>> = { "vae+g-signed": "vae+g", "cvae+g-signed": "cvae+g",
  "vae+g-ring": "vae+g", "cvae+g-ring": "cvae+g", "cvae+g-ring-vote": "cvae+g", "cvae+g-tuned": "cvae+g" };

/** The paper's row beside one of ours; undefined without one. */
export function paperRow({ table1 }: PaperNumbers, defence: string): string | undefined {
  const name = BESIDE[defence] ?? defence;
  return Object.hasOwn(table1, name) ? name : undefined;
}

/** The paper's number in Table 1, undefined for a defence or an attack that it does not have. */
export function paperTable1(paper: PaperNumbers, defence: string, attack: string): number | undefined {
  const row = paperRow(paper, defence);
  return row === undefined ? undefined : paper.table1[row]![(ATTACKS as readonly string[]).indexOf(attack)];
}

/** The paper's row of Table 2. */
export function paperTable2(paper: PaperNumbers, defence: string): { raw: number; ae: number } | undefined {
  const row = paperRow(paper, defence);
  return row === undefined ? undefined : paper.table2[row];
}
