/**
 * The numbers of "Defending Adversaries Using Unsupervised Feature Clustering VAE", for comparison: accuracy in
 * percent, MNIST.
 */

export const ATTACKS = ["None", "FGSM", "I-FGSM", "PGD", "MI-FGSM"] as const;
export type AttackName = (typeof ATTACKS)[number];
export type DefenceName = keyof typeof PAPER_TABLE1;

/** Table 1, gray box: the attack knows the classifier and not the defence. Columns as in ATTACKS. */
export const PAPER_TABLE1 = {
  none: [99.43, 25.71, 0.6, 0.5, 0.6],
  dae: [93.54, 93.38, 92.85, 93.85, 92.72],
  vae: [96.71, 24.78, 66.68, 66.75, 49.7],
  "vae+g": [96.27, 56.33, 86.34, 86.82, 77.92],
  cvae: [97.24, 84.28, 90.79, 91.48, 85.18],
  "cvae+g": [96.72, 94.93, 94.93, 95.82, 94.43],
} as const;

/** Table 2, white box by BPDA: accuracy on clean and on attacked images (the paper's Acc_raw and Acc_ae). */
export const PAPER_TABLE2 = {
  none: { raw: 99.8, ae: 0 },
  dae: { raw: 96.5, ae: 1.1 },
  vae: { raw: 97.8, ae: 19.6 },
  "vae+g": { raw: 97.8, ae: 28.4 },
  cvae: { raw: 98, ae: 33.2 },
  "cvae+g": { raw: 97.5, ae: 37.2 },
} as const satisfies Record<DefenceName, { raw: number; ae: number }>;

/**
 * The paper's row beside one of ours: its "+G" beside ours with Gaussian and with signed noise; undefined without one.
 */
export function paperRow(defence: string): DefenceName | undefined {
  const name = defence.replace(/\+g-signed$/, "+g");
  return Object.hasOwn(PAPER_TABLE1, name) ? (name as DefenceName) : undefined;
}

/** The paper's number in Table 1, undefined for a defence or an attack that it does not have. */
export function paperTable1(defence: string, attack: string): number | undefined {
  const row = paperRow(defence);
  return row && PAPER_TABLE1[row][(ATTACKS as readonly string[]).indexOf(attack)];
}
