// Which driver the workers use: that of the adapter which purigrad takes, for all of them the same.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { findAdapter, type AdapterChoice, type AdapterWish } from "../../src/engine/device/adapter.node.ts";
import { unpack } from "../../src/engine/device/unpack.node.ts";

export interface Driver {
  /** The adapter's name, and the line about it for users. */
  adapter: string;
  line: string;
  /** What purigrad's own worker asks for. */
  wish: AdapterWish;
  /** What the workers find in their environment: the Vulkan driver, the flags for Dawn, how to wait. */
  env: Record<string, string>;
}

/** As in src/engine/device/adapter.node.ts, so that no engine runs with other checks in its shaders than purigrad. */
const UNSAFE = "enable-dawn-features=allow_unsafe_apis";
const UNCLAMPED = "enable-dawn-features=allow_unsafe_apis,disable_robustness";
const PRECISE_TIME = "disable-dawn-features=timestamp_quantization";

const ICD_FOLDERS = ["/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/usr/share/vulkan/icd.d"];

/** The adapter for the wish, as purigrad finds it. Throws findAdapter's sentence where there is none. */
export async function findDriver(wish: AdapterWish): Promise<Driver> {
  const choice = await findAdapter(wish);
  const embedded = choice.kind === "embedded";
  return {
    adapter: choice.name,
    line: choice.line,
    wish: embedded ? "embedded" : wish,
    env: { BENCH_CALM: choice.kind === "hardware" ? "0" : "1", BENCH_DAWN_FLAGS: dawnFlags(choice).join(";"),
      ...(embedded ? embeddedDriver() : systemDriver(choice)) },
  };
}

function dawnFlags({ kind, name }: AdapterChoice): string[] {
  if (kind === "embedded") return [UNCLAMPED, PRECISE_TIME];
  const narrowed = name.startsWith("llvmpipe") ? ["adapter=llvmpipe"]
    : process.platform === "linux" ? ["backend=vulkan"] : [];
  return [UNSAFE, PRECISE_TIME, ...narrowed];
}

/** SwiftShader and the Vulkan loader beside it, which purigrad loads by itself. */
function embeddedDriver(): Record<string, string> {
  const folder = unpack(["swiftshader.tar.br"]);
  const libraries = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(":");
  return { VK_DRIVER_FILES: join(folder, "vk_swiftshader_icd.json"), LD_LIBRARY_PATH: libraries };
}

/** lavapipe is named, since ONNX Runtime offers no choice of adapter; a driver that the user has chosen stays. */
function systemDriver({ name }: AdapterChoice): Record<string, string> {
  if (process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES || !name.startsWith("llvmpipe")) return {};
  const files = ICD_FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder).map((file) => join(folder, file))
  );
  const icd = files.find((file) => /\/lvp_icd.*\.json$/.test(file));
  return icd ? { VK_DRIVER_FILES: icd } : {};
}
