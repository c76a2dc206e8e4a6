// How the loss of a phase of training fell.

import { chartDrawing } from "../../report/chart.ts";
import type { Drawing } from "../../report/html-figure.ts";
import type { Losses } from "../../train/checkpoint.ts";

/** The chart, in both layouts; null for fewer than two points. */
export function lossFigure(phase: string, losses: Losses): Drawing | null {
  if (losses.length < 2) return null;
  const values = losses.map(([, loss]) => loss);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = 0.05 * (most - least || Math.abs(most) || 1);
  return chartDrawing({
    title: `Loss of ${phase}, step by step`,
    x: { label: "step", values: losses.map(([step]) => step) },
    y: { label: "loss", from: least - room, to: most + room },
    lines: [{ label: phase, values }],
  });
}
