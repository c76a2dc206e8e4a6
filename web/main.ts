// The shell: tabs, the hash as the address of a page and its state, errors as one sentence, the copy for offline use.

import { attackPage } from "./attack.ts";
import { benchPage } from "./bench.ts";
import { el } from "./dom.ts";
import { Lab, type Page } from "./lab.ts";
import { latentPage } from "./latent.ts";
import { trainPage } from "./train.ts";
import { verifyPage } from "./verify.ts";

const PAGES: Record<string, Page> = { attack: attackPage, latent: latentPage, train: trainPage, verify: verifyPage,
  bench: benchPage };

const [root, tabs, adapter] = ["page", "tabs", "adapter"].map((id) => document.getElementById(id)!) as
  [HTMLElement, HTMLElement, HTMLElement];

const lab = new Lab((line, failed) => {
  adapter.textContent = line;
  adapter.classList.toggle("error", failed);
});

let close = (): void => undefined;
let opened = 0;

/** "#attack?image=3" -> ["attack", image=3] */
function address(): [string, URLSearchParams] {
  const [name = "", state = ""] = location.hash.slice(1).split("?");
  return [Object.hasOwn(PAGES, name) ? name : "attack", new URLSearchParams(state)];
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  root.prepend(el("p", { class: "error", role: "alert" }, message));
}

/** Opens the page of the address; one that writes its own state there does so without an event. */
async function show(): Promise<void> {
  const [[name, state], mine] = [address(), ++opened];
  close();
  close = () => undefined;
  root.replaceChildren();
  document.title = `${PAGES[name]!.title} - purigrad lab`;
  for (const link of tabs.children)
    if (link.getAttribute("href") === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  try {
    const part = el("div");
    root.append(part);
    const closing = await PAGES[name]!.open(part, lab, state);
    if (opened === mine) close = closing;
    else closing();
  } catch (error) {
    if (opened === mine) fail(error);
  }
}

/** What has been loaded is kept for a time without a network, where the browser can and the page may. */
async function keepForOffline(): Promise<void> {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return;
  await serviceWorker.register("sw.js");
  const { active } = await serviceWorker.ready;
  /** What did not go through the worker, before it was there or while it came, is told to it. */
  const passedBy = (entries: PerformanceEntryList) =>
    (entries as PerformanceResourceTiming[]).filter(({ workerStart }) => workerStart === 0).map(({ name }) => name);
  new PerformanceObserver((list) => active?.postMessage(passedBy(list.getEntries())))
    .observe({ type: "resource", buffered: true });
}

tabs.append(...Object.entries(PAGES).map(([name, { title }]) => el("a", { href: `#${name}` }, title)));
addEventListener("hashchange", () => void show());
addEventListener("unhandledrejection", (event) => fail(event.reason));
void lab.gpu().catch(() => undefined); // said in the footer
void show();
if (document.readyState === "complete") void keepForOffline().catch(() => undefined);
else addEventListener("load", () => void keepForOffline().catch(() => undefined)); // the page works without it
