// Elements of the page, made and filled.

type Props = Record<string, string | number | boolean | EventListener>;
type Child = Node | string | null;

/** An element; a property that is a function hears an event ("input"), others are attributes ("class", "aria-..."). */
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {},
  ...children: Child[]): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** A label around a control, with the control's value beside the words where it is a slider. */
export function labelled(words: string, control: HTMLInputElement | HTMLSelectElement): HTMLLabelElement {
  control.setAttribute("aria-label", words);
  if (control.type !== "range") return el("label", {}, words, control);
  const value = el("span", { "aria-hidden": "true" }, control.value); // the slider itself says it
  control.addEventListener("input", () => { value.textContent = control.value; });
  return el("label", {}, el("span", {}, `${words} `, value), control);
}

export const slider = (min: number, max: number, step: number, value: number, input: EventListener) =>
  el("input", { type: "range", min, max, step, value, input });

/** A choice; `options` by value and words. */
export const choice = (options: readonly (readonly [string, string])[], value: string, change: EventListener) => {
  const select = el("select", { change }, ...options.map(([v, words]) => el("option", { value: v }, words)));
  select.value = value;
  return select;
};

/** Offers text as a file to keep. */
export function download(name: string, text: string | Uint8Array<ArrayBuffer>, type = "application/json"): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
