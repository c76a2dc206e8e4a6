/** Node only: what the engine asks of the process. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/** V8 shows its collector only to contexts made after the flag is set. */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}

const open = new Set<GPUDevice>();

/**
 * A process that ends while a driver's threads work may die of it, in the driver's own exit code. Destroying a device
 * waits for its work, so devices that are open then are destroyed first.
 */
export function destroyAtExit(device: GPUDevice): void {
  if (open.size === 0 && !process.listeners("exit").includes(destroyAll)) process.on("exit", destroyAll);
  open.add(device);
  void device.lost.then(() => open.delete(device));
}

function destroyAll(): void {
  for (const device of open) device.destroy();
}
