// What the SVG figures share: the frame with its two colour schemes, ten colours, and text. A figure paints its own
// ground and holds its own styles, so that it is legible as a file, as an <img> and inline, in light and dark.

import { escapeHtml } from "./words.ts";

/**
 * Ten colours for each scheme, found by a search for the largest least distance (OKLab, plain and as seen with protan,
 * deutan and tritan vision) at a contrast to the ground of at least 2.2 (light) and 3 (dark).
 */
const COLOURS = {
  light: ["#4976f8", "#d17700", "#036f63", "#c0190d", "#782fb5", "#0abbff", "#2f386c", "#a77daa", "#721120", "#9db690"],
  dark: ["#0f98ff", "#f9b888", "#86fff2", "#b52482", "#604fd3", "#f7f00c", "#b1bdff", "#d87ba2", "#896105", "#88a304"],
};
export const COLOUR_COUNT = COLOURS.light.length;

const variables = (colours: readonly string[]) => colours.map((colour, i) => `--c${i}:${colour}`).join(";");
/** The styles of every figure; a page that has them may leave them out of its figures. */
export const SVG_STYLE = `
.pg{--ground:#fff;--muted:#62646b;--rule:#dddcd6;--box:#f4f3ee;color:#1f2023;${variables(COLOURS.light)}}
@media (prefers-color-scheme:dark){.pg{--ground:#17181b;--muted:#a3a3a8;--rule:#34363b;--box:#24262a;color:#e5e4df;${
  variables(COLOURS.dark)
}}}
.pg text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:currentColor}
.pg .muted{fill:var(--muted)}
.pg .bold{font-weight:600}
.pg .halo{paint-order:stroke;stroke:var(--ground);stroke-width:4px;stroke-linejoin:round}
.pg .line{fill:none;stroke:currentColor}
.pg .rule{fill:none;stroke:var(--rule)}
.pg .ground{fill:var(--ground)}
.pg .box{fill:var(--box);stroke:var(--rule)}
`.trim();

/** The CSS colour of category i; from the eleventh on they come round again. */
export const colour = (i: number): string => `var(--c${i % COLOUR_COUNT})`;

/** Pixels that a layout for a phone may be wide. */
export const NARROW = 350;

export interface Frame {
  /** In pixels; the picture scales with its viewBox. */
  width: number;
  height: number;
  /** Pieces that can be shown one below the other where the whole is too wide: [x, y, width, height]. */
  pieces?: readonly (readonly [number, number, number, number])[];
  /** What the picture shows, for someone who does not see it. */
  title: string;
}

/** A whole SVG file around its parts. */
export function svg({ width, height, title, pieces = [] }: Frame, parts: readonly string[]): string {
  const views = pieces.map((box, i) => `<view id="piece${i + 1}" viewBox="${box.map(round).join(" ")}"/>\n`);
  return `<svg xmlns="http://www.w3.org/2000/svg" class="pg" viewBox="0 0 ${round(width)} ${round(height)}" width="${
    round(width)
  }" height="${round(height)}" role="img" style="max-width:100%;height:auto">
<title>${escapeHtml(title)}</title>
<style>${SVG_STYLE}</style>
${views.join("")}<rect class="ground" width="100%" height="100%"/>
${parts.filter(Boolean).join("\n")}
</svg>
`;
}

export interface TextStyle {
  anchor?: "start" | "middle" | "end";
  size?: number;
  /** Classes of the style sheet: muted, bold, halo. */
  as?: string;
  fill?: string;
}

/** A line of text; y is its baseline. */
export function text(x: number, y: number, words: string,
  { anchor = "start", size = 14, as = "", fill = "" }: TextStyle = {}): string {
  const style = fill && ` style="fill:${fill}"`;
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" text-anchor="${anchor}"${
    as && ` class="${as}"`
  }${style}>${escapeHtml(words)}</text>`;
}

/** Coordinates with at most two digits after the point. */
export const round = (v: number): number => Math.round(v * 100) / 100;

/** Width in pixels that a text takes at most, nearly: what to leave free for it in a font that is not known. */
export const roomFor = (words: string, size = 14): number => 0.58 * size * [...words].length;

export interface LegendEntry {
  label: string;
  /** Category, for its colour. */
  colour: number;
  dashed?: boolean;
}

/** Entries in rows no wider than `width`; returns the parts and the height they take, `line` pixels a row. */
export function legend(entries: readonly LegendEntry[],
  { x, y, width, mark, line = 22 }: { x: number; y: number; width: number; mark: "line" | "dot"; line?: number; }
): { parts: string[]; height: number; } {
  const wide = mark === "line" ? 26 : 12;
  const pitch = wide + 24 + Math.max(0, ...entries.map(({ label }) => roomFor(label)));
  const columns = Math.max(1, Math.floor(width / pitch));
  const parts = entries.map((entry, i) => {
    const at = x + (i % columns) * pitch;
    const base = y + Math.floor(i / columns) * line + 14;
    return sign(entry, mark, at, base - 5, wide) + text(at + wide + 8, base, entry.label);
  });
  return { parts, height: Math.ceil(entries.length / columns) * line };
}

function sign({ colour: i, dashed }: LegendEntry, mark: "line" | "dot", x: number, y: number, wide: number): string {
  if (mark === "dot") return `<circle cx="${round(x + wide / 2)}" cy="${round(y)}" r="6" style="fill:${colour(i)}"/>`;
  return `<path d="M${round(x)} ${round(y)}h${wide}" stroke-width="3"${
    dashed ? ` stroke-dasharray="7 4"` : ""
  } style="stroke:${colour(i)}"/>`;
}
