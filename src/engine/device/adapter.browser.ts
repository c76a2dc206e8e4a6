/** Finds an adapter in a browser, through navigator.gpu. */
import { adapterName, isNullBackend, type AdapterChoice, type AdapterWish } from "./adapter.ts";

export type { AdapterChoice, AdapterKind, AdapterWish } from "./adapter.ts";

/**
 * The best adapter that fits the wish.
 * @throws one sentence that says what was looked for and what to do.
 */
export async function findAdapter(wish: AdapterWish = "auto"): Promise<AdapterChoice> {
  if (!globalThis.navigator?.gpu)
    throw new Error("no WebGPU: this browser has no navigator.gpu; use a current " +
      "Chrome, Edge, Firefox or Safari, on https or localhost");
  if (wish === "embedded")
    throw new Error('no embedded adapter: it exists in Node only; ask for the adapter "auto" or "software"');
  const adapter = await request(wish);
  if (!adapter || isNullBackend(adapter.info)) throw new Error(`no ${wish} adapter: the browser offers none; see ` +
    `about:gpu for the reason`);
  const software = adapter.info.isFallbackAdapter;
  const name = adapterName(adapter.info);
  if (wish === "hardware" && software) throw new Error(`no hardware adapter: the browser offers only ${name}; ask ` +
    `for the adapter "auto"`);
  const remark = software ? ", a software driver on the CPU; turn hardware acceleration on for more speed" : "";
  return { adapter, kind: software ? "software" : "hardware", name, line: `adapter: ${name}${remark}`,
    wait: (promise) => promise };
}

async function request(wish: AdapterWish): Promise<GPUAdapter | null> {
  const best = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (wish !== "software" || best?.info.isFallbackAdapter) return best;
  return navigator.gpu.requestAdapter({ forceFallbackAdapter: true });
}

/** Before the name of all that is stored. */
export const KEY = "purigrad:";

/** The text stored under key, or null; also null where the page may not store anything. */
export async function readCache(key: string): Promise<string | null> {
  try {
    return localStorage.getItem(KEY + key);
  } catch {
    return null;
  }
}

/** Stores text under key, where the page may store something. */
export async function writeCache(key: string, text: string): Promise<void> {
  try {
    localStorage.setItem(KEY + key, text);
  } catch {
    // no storage, or full: the tuner measures again next time
  }
}

/** Frees what nobody can reach, where the platform has a way: a page has none, its own collector must do. */
export function collectGarbage(): void {}

/** A page that is closed takes its devices with it. */
export function destroyAtExit(_device: GPUDevice): void {}

/** Where this script lies; apart from its use, since bundlers take what stands in `new URL(.., import.meta.url)`. */
const here = import.meta.url;

/** The bytes of a file of results/mnist/weights, beside the folder of this script. */
export async function readShipped(file: string): Promise<Uint8Array> {
  const url = new URL(`../results/mnist/weights/${encodeURIComponent(file)}`, here);
  const response = await fetch(url);
  if (!response.ok)
    throw new Error(`${url.href} answers ${response.status}; give loadPretrained a function that reads the file, or ` +
      `serve results/ of the npm package purigrad-assets there`);
  return new Uint8Array(await response.arrayBuffer());
}
