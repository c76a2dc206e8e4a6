// What is chosen on the attack page, in the address and in words.

import { ATTACKS, saidOf, type Found, type Question } from "./attacks.ts";

/** What the page starts with on each data set, and how far the slider of eps goes. */
export const SETS = {
  mnist: { title: "MNIST", eps: 0.2, most: 0.5, by: 0.01, purifiers: ["cvae+g-signed", "cvae"] },
  cifar10: { title: "CIFAR-10", eps: 0.03, most: 0.1, by: 0.002, purifiers: ["jpeg-50", "median"] },
} as const;
export type SetName = keyof typeof SETS;

export interface State extends Omit<Question, "seed"> {
  set: SetName;
  image: number;
}

/** Names and titles of the purifiers of a data set. */
export type Titles = ReadonlyMap<string, string>;

export const setOf = (params: URLSearchParams): SetName => (params.get("set") === "cifar10" ? "cifar10" : "mnist");

/** The state in an address; what makes no sense there is as at the beginning. */
export function read(params: URLSearchParams, titles: Titles, images: number): State {
  const set = setOf(params);
  const number = (name: string, fallback: number, least: number, most: number) => {
    const v = Number(params.get(name) ?? fallback);
    return v >= least && v <= most ? v : fallback;
  };
  const whole = (name: string, fallback: number, least: number, most: number) =>
    Math.round(number(name, fallback, least, most));
  const [attack, through] = [params.get("attack") ?? "pgd", params.get("through") ?? ""];
  const first = SETS[set].purifiers.filter((name) => titles.has(name));
  const learned = [...titles.keys()].filter((name) => name.startsWith("cvae")).slice(0, 2);
  return { set, image: whole("image", 0, 0, images - 1), attack: Object.hasOwn(ATTACKS, attack) ? attack : "pgd",
    eps: number("eps", SETS[set].eps, 0, SETS[set].most), steps: whole("steps", 10, 1, 40),
    step: number("step", 0, 0, SETS[set].most),
    target: whole("target", -1, -1, 9), through: titles.has(through) ? through : "",
    purifiers: (params.get("purifiers")?.split(",") ?? [...new Set([...learned, ...first])].slice(0, 3))
      .filter((name) => titles.has(name)) };
}

export const write = ({ purifiers, ...rest }: State): string =>
  `#attack?${new URLSearchParams({ ...Object.fromEntries(Object.entries(rest).map(([k, v]) => [k, String(v)])),
    purifiers: purifiers.join(",") })}`;

/** The same attack on the images of another set, at that set's own sizes. */
export const another = ({ attack, steps }: State, set: string): string =>
  `#attack?${new URLSearchParams({ set, attack, steps: String(steps) })}`;

/** One sentence that says what happened. `truth`: the true class, or what the classifier said of the original. */
export function sentence(s: State, { clean, frames }: Found, truth: number, classes: readonly string[],
  titles: Titles): string {
  const { attacked, purified } = frames.at(-1)!;
  const [before, after] = [classes[saidOf(clean)], classes[saidOf(attacked)]];
  const title = ATTACKS[s.attack]!.title.replace(" (no radius)", "");
  const through = s.through ? ` through ${titles.get(s.through)}` : "";
  const what = s.attack === "none" ? `The classifier reads ${before}.`
    : after === before ? `${title}${through} leaves the classifier at ${before}.`
    : `${title}${through} turned ${before} into ${after}.`;
  const reads = purified.map((seen, i) =>
    `${titles.get(s.purifiers[i]!)} reads ${classes[saidOf(seen)]}${saidOf(seen) === truth ? "" : ", which is wrong"}`);
  return [what, reads.length ? `${reads.join("; ")}.` : ""].filter(Boolean).join(" ");
}
