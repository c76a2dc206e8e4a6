import type { Defence } from "./defence.ts";
import { NO_DEFENCE } from "./purifier.ts";

/** The classifier alone. */
export const none: Defence = { name: "none", title: "no defence", open: () => ({ purify: NO_DEFENCE.purify }) };
