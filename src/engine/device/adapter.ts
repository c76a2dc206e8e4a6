// What the engine and its users know of an adapter; adapter.node.ts and adapter.browser.ts find one.

/** Which adapter the user asks for. "embedded" is the SwiftShader that comes with the npm packages (Node only). */
export type AdapterWish = "auto" | "hardware" | "software" | "embedded";

/** A GPU, a software driver of the system or the browser, or the SwiftShader of the npm packages. */
export type AdapterKind = "hardware" | "software" | "embedded";

/** The adapter of an engine. */
export interface AdapterChoice {
  /** Good for one requestDevice(); ask findAdapter again for the next device. */
  adapter: GPUAdapter;
  kind: AdapterKind;
  /** For result files, e.g. "llvmpipe (LLVM 15.0.6, 256 bits)". */
  name: string;
  /** One line for users: which adapter was taken and how to get a faster one. */
  line: string;
  /** Waits for the GPU, in the way that takes the least from it. @internal */
  wait<T>(promise: Promise<T>): Promise<T>;
}

/** A readable name, with the driver where the adapter tells it. */
export function adapterName(info: GPUAdapterInfo): string {
  const llvmpipe = /^llvmpipe-llvm-([\d-]+)-(\d+)-bits/.exec(info.device);
  if (llvmpipe) return `llvmpipe (LLVM ${llvmpipe[1].replaceAll("-", ".")}, ${llvmpipe[2]} bits)`;
  if (info.isFallbackAdapter && info.description) return info.description;
  const device = info.device || [info.vendor, info.architecture].filter(Boolean).join(" ") || "unnamed adapter";
  return info.description ? `${device} (${info.description})` : device;
}

/** Dawn's null backend accepts every call and computes nothing. */
export function isNullBackend(info: GPUAdapterInfo): boolean {
  return info.device === "null-backend" || /null backend/i.test(info.description);
}
