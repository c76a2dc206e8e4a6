// The tuner's choices that this browser keeps.

import { KEY } from "../src/engine/device/adapter.browser.ts";

/** All of them, each adapter's by the name it is stored under; none where the page may not store anything. */
export function keptChoices(): Record<string, string> {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(`${KEY}tuner-`));
    return Object.fromEntries(names.map((name) => [name.slice(KEY.length), localStorage.getItem(name)!]));
  } catch {
    return {};
  }
}

export const choicesIn = (n: number): string => `${n} tuning choice${n === 1 ? "" : "s"}`;
