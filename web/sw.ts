// The service worker: what has been loaded once is there when the network is not. The network comes first, so that
// nobody sees an old page, and another page on the same address is left alone. Files are kept by their content: a new
// version of the page keeps those that have not changed. The build puts the list of files in front.

interface Worker extends EventTarget {
  /** Path below the scope -> the first 16 hex digits of its SHA-256. */
  FILES: Record<string, string>;
  registration: { scope: string };
  clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
}
interface Extended extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetched extends Extended {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Told extends Extended {
  data: string[];
}

const worker = self as unknown as Worker;
const NAME = `purigrad-lab ${worker.registration.scope}`;
/** Without these no page opens. */
const SHELL = Object.keys(worker.FILES).filter((path) => /^[^/]+\.(html|css|js|json)$/.test(path));

/** The path of one of the page's own files below the scope, or null. */
function pathOf(url: string): string | null {
  const { scope } = worker.registration;
  if (!url.startsWith(scope)) return null;
  const path = decodeURIComponent(url.slice(scope.length).replace(/[?#].*$/, "")) || "index.html";
  return Object.hasOwn(worker.FILES, path) ? path : null;
}

const keyOf = (path: string): string =>
  `${worker.registration.scope}${encodeURIComponent(path)}?${worker.FILES[path]}`;

async function digest(response: Response): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await response.arrayBuffer()));
  return [...hash.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Keeps what is the file of this version; anything else that stands at its address is none of ours. */
async function keep(path: string, response: Response): Promise<void> {
  const cache = await caches.open(NAME);
  if (!response.ok || (await cache.match(keyOf(path)))) return;
  if ((await digest(response.clone())) === worker.FILES[path]) await cache.put(keyOf(path), response);
}

const fetched = async (path: string): Promise<void> =>
  keep(path, await fetch(worker.registration.scope + path.split("/").map(encodeURIComponent).join("/")));

async function answer(event: Fetched, path: string): Promise<Response> {
  try {
    const response = await fetch(event.request);
    event.waitUntil(keep(path, response.clone()));
    return response;
  } catch (error) {
    const kept = await (await caches.open(NAME)).match(keyOf(path));
    if (kept) return kept;
    throw error;
  }
}

async function forgetOthers(): Promise<void> {
  const [cache, due] = [await caches.open(NAME), new Set(Object.keys(worker.FILES).map(keyOf))];
  for (const { url } of await cache.keys()) if (!due.has(url)) await cache.delete(url);
}

worker.addEventListener("install", (event) => {
  (event as Extended).waitUntil(Promise.all(SHELL.map(fetched)).then(() => worker.skipWaiting()));
});
worker.addEventListener("activate", (event) => {
  (event as Extended).waitUntil(forgetOthers().then(() => worker.clients.claim()));
});
worker.addEventListener("fetch", (event) => {
  const { request } = event as Fetched;
  const path = request.method === "GET" ? pathOf(request.url) : null;
  if (path) (event as Fetched).respondWith(answer(event as Fetched, path));
});
/** What the page has loaded without this worker. */
worker.addEventListener("message", (event) => {
  const told = event as unknown as Told;
  const paths = told.data.map(pathOf).filter((path) => path !== null);
  told.waitUntil(Promise.all(paths.map(fetched)));
});
