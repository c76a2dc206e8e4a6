// The names of what is trained and compared.

/** The rows of the tables; "+g" is the paper's Gaussian noise, "+g-signed" the noise of signedNoise. */
export const ROWS = ["none", "dae", "vae", "vae+g", "vae+g-signed", "cvae", "cvae+g", "cvae+g-signed"] as const;
export type RowName = (typeof ROWS)[number];
export type PurifierName = Exclude<RowName, "none">;
/** What can be trained. "warm-up" is the start that VAE and C-VAE share. */
export type NetName = "cnn" | "warm-up" | PurifierName;

export const TITLES: Record<RowName, string> = {
  none: "no defence", dae: "DAE", vae: "VAE", "vae+g": "VAE+G", "vae+g-signed": "VAE+G (signed)",
  cvae: "C-VAE", "cvae+g": "C-VAE+G", "cvae+g-signed": "C-VAE+G (signed)",
};
