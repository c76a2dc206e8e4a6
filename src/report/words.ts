// Words for pages: escaped, and in the singular or the plural.

/** Text as it may stand in HTML, in an element or between quotes. */
export function escapeHtml(text: string): string {
  const signs: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (sign) => signs[sign]!);
}

/** "1 image", "10,000 images", "no images"; `many` for a plural that takes more than an s. */
export const counted = (n: number, one: string, many = `${one}s`): string =>
  `${n === 0 ? "no" : n.toLocaleString("en")} ${n === 1 ? one : many}`;

/** "a, b and c", or with another last word "a, b or c". */
export const listed = (words: readonly string[], last: "and" | "or" = "and"): string =>
  (words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`);
