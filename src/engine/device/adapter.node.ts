/**
 * Finds an adapter in Node: Dawn (the npm package webgpu) on hardware, on the system's lavapipe, or on an embedded
 * SwiftShader.
 */
import { constants } from "node:os";
import { join } from "node:path";
import { adapterName, isNullBackend, type AdapterChoice, type AdapterKind, type AdapterWish } from "./adapter.ts";
import { withoutNotes } from "./stderr.node.ts";
import { unpack } from "./unpack.node.ts";

export { collectGarbage, destroyAtExit } from "./process.node.ts";
export { readCache, writeCache } from "./cache.node.ts";
export { readShipped } from "./shipped.node.ts";
export type { AdapterChoice, AdapterKind, AdapterWish } from "./adapter.ts";

/**
 * The first feature is due for subgroup matrices. The second shows shader-f16 on NVIDIA's Vulkan driver, from which
 * Dawn hides it since not every operation conforms: only engines of precision "f16" use it, to store and to multiply.
 * Without the last line Dawn rounds timestamps to 65,536 ns.
 */
const DAWN_FLAGS = ["enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia",
  "disable-dawn-features=timestamp_quantization"];

/**
 * On SwiftShader the clamps that Dawn adds to every array access cost a third of the time (matmul 1.35 to 1.5 times).
 * All kernels bound their own indices; Chromium, where the clamps stay on, runs the same tests. And it makes of the
 * Vulkan extension that zeroes workgroup memory one store an element: a tile of the matrix product took 1.7 s to
 * compile. Without it Dawn writes a loop that zeroes, and it takes 0.1 s.
 */
const SWIFTSHADER_FLAGS = [`${DAWN_FLAGS[0]!},disable_robustness`,
  `${DAWN_FLAGS[1]!},use_vulkan_zero_initialize_workgroup_memory_extension`];

/** glibc's RTLD_NODELETE, which Node does not name: the library stays loaded. */
const RTLD_NODELETE = 0x1000;

/**
 * A way to an adapter. `flag` narrows Dawn's choice; `icd` is a Vulkan driver description that replaces the system's.
 */
interface Route {
  flag?: string;
  icd?: () => string;
}

const SYSTEM: Route = process.platform === "linux" ? { flag: "backend=vulkan" } : {};
const LAVAPIPE: Route = { flag: "adapter=llvmpipe" };
const EMBEDDED: Route = { icd: embeddedDriver };

/**
 * Dawn instances, by route. They live as long as the process: one that is collected while its devices still work takes
 * the process with it (test/close.test.ts), and a second engine starts at once.
 */
const instances = new Map<Route, GPU>();

/**
 * The best adapter that fits the wish. Prints nothing; `line` of the answer is for the user.
 * @throws one sentence that says what was looked for, what was found and what to do; Dawn's own notes are its cause.
 */
export async function findAdapter(wish: AdapterWish = "auto"): Promise<AdapterChoice> {
  const notes: string[] = [];
  const faults: string[] = [];
  const seen: string[] = [];
  for (const route of routes(wish)) {
    const adapter = await tryRoute(route, notes).catch((error: Error) => void faults.push(error.message));
    if (!adapter) continue;
    const kind = kindOf(adapter, route);
    if (wish !== "hardware" || kind === "hardware") return choose(adapter, kind);
    seen.push(adapterName(adapter.info));
  }
  throw new Error(nothingFound(wish, seen, faults.at(-1)), { cause: [...faults, ...notes].join("\n") || undefined });
}

function routes(wish: AdapterWish): Route[] {
  const embedded = usersDriver() ? [] : [EMBEDDED];
  if (wish === "hardware") return [SYSTEM];
  if (wish === "embedded") return [EMBEDDED];
  if (wish === "software") return [LAVAPIPE, ...(usersDriver() ? [SYSTEM] : embedded)];
  return [SYSTEM, ...embedded];
}

/** A driver that the user has chosen is respected: nothing else is tried behind it. */
const usersDriver = (): string | undefined => process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES;

async function tryRoute(route: Route, notes: string[]): Promise<GPUAdapter | null> {
  const gpu = await instance(route);
  const icd = route.icd?.();
  const before = process.env.VK_DRIVER_FILES;
  if (icd) process.env.VK_DRIVER_FILES = icd; // read by the Vulkan loader inside requestAdapter
  try {
    const asked = withoutNotes(() => gpu.requestAdapter({ powerPreference: "high-performance" }));
    if (asked.notes) notes.push(asked.notes);
    const adapter = await asked.result;
    if (adapter && !isNullBackend(adapter.info)) return adapter;
  } finally {
    if (icd) restore("VK_DRIVER_FILES", before);
  }
  return null;
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

async function instance(route: Route): Promise<GPU> {
  const { create } = await import("webgpu").catch((error: Error) => {
    throw new Error(noDawn(error));
  });
  const gpu = instances.get(route) ?? create(flagsOf(route));
  instances.set(route, gpu);
  return gpu;
}

/** Dawn is an optional peer: 132 MB that nobody needs in a browser. */
function noDawn(error: Error & { code?: string }): string {
  if (error.code === "ERR_MODULE_NOT_FOUND" && /\bwebgpu\b/.test(error.message))
    return "Node has no WebGPU of its own and the npm package webgpu is not installed; npm install webgpu@0.6.2 " +
      "beside purigrad";
  return `the webgpu package does not load on ${process.platform}-${process.arch}: ${error.message}`;
}

const flagsOf = (
  route: Route,
): string[] => (route === EMBEDDED ? SWIFTSHADER_FLAGS : route.flag ? [...DAWN_FLAGS, route.flag] : DAWN_FLAGS);

/**
 * Unpacks SwiftShader and returns its driver description; on a system without libvulkan.so.1 loads the one beside it.
 */
function embeddedDriver(): string {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(`the embedded SwiftShader is built for linux-x64, this is ${process.platform}-${process.arch}`);
  }
  const folder = unpack(["swiftshader.tar.br"]);
  keepLoaded(join(folder, "libvulkan.so.1"));
  return join(folder, "vk_swiftshader_icd.json");
}

/**
 * Loads a shared library that is no Node addon. Node says so and closes it, but NODELETE keeps it, and Dawn's own
 * dlopen("libvulkan.so.1") then finds it by that name. A libvulkan already loaded goes first.
 */
function keepLoaded(path: string): void {
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL | RTLD_NODELETE);
  } catch (error) {
    if (!/did not self-register/.test((error as Error).message)) throw error;
  }
}

function kindOf(adapter: GPUAdapter, route: Route): AdapterKind {
  if (route === EMBEDDED) return "embedded";
  return adapter.info.isFallbackAdapter ? "software" : "hardware";
}

function choose(adapter: GPUAdapter, kind: AdapterKind): AdapterChoice {
  const name = adapterName(adapter.info);
  const remark = {
    hardware: "",
    software: ", a software driver on the CPU; a GPU with a Vulkan driver is faster",
    embedded: ", embedded, on the CPU; lavapipe (Debian: mesa-vulkan-drivers) or a GPU with a Vulkan driver is faster",
  }[kind];
  return {
    adapter, kind, name, line: `adapter: ${name}${remark}`,
    wait: kind === "hardware" ? (promise) => promise : calmly,
  };
}

const cell = new Int32Array(new SharedArrayBuffer(4));
const POLL_MS = 0.3;

/**
 * Dawn's Node binding polls without pause while a promise is open, and a software adapter computes on the same cores:
 * sleeping between polls took a matmul from 33 to 19 ms on one core.
 */
async function calmly<T>(promise: Promise<T>): Promise<T> {
  let open = true;
  const close = () => void (open = false);
  promise.then(close, close);
  await null;
  while (open) {
    Atomics.wait(cell, 0, 0, POLL_MS);
    await new Promise(setImmediate);
  }
  return promise;
}

/** `fault`: what stopped the last route that was tried, where it was not just without an adapter. */
function nothingFound(wish: AdapterWish, seen: string[], fault?: string): string {
  if (fault) return `no ${wish} adapter: ${fault}`;
  if (seen.length) return `no hardware adapter: this machine offers only ${seen.join(", ")}; install the GPU's ` +
    `driver, or ask for the adapter "auto"`;
  const driver = usersDriver();
  if (driver && wish !== "embedded") return `no ${wish} adapter: the Vulkan driver ${driver} (from the environment) ` +
    `gives none; correct or unset VK_DRIVER_FILES`;
  if (wish === "hardware") return `no hardware adapter: no GPU driver answered; install one, or ask for the adapter ` +
    `"auto"`;
  return `no WebGPU adapter (${wish}): no Vulkan driver answered and the embedded SwiftShader did not start; npm ` +
    `install @sparticuz/chromium@143.0.4 (it carries SwiftShader), or install a Vulkan driver (Debian: ` +
    `mesa-vulkan-drivers)`;
}
