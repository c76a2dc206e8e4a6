// A process of its own: Dawn prints the SPIR-V of every pipeline it makes, each after a line "@@ <number>". Reads
// [{code, entry}] from the file that it is given. Started by compile.ts.

import { readFileSync, writeSync } from "node:fs";
import { create, globals } from "webgpu";

Object.assign(globalThis, globals);
const LIMITS = ["maxComputeWorkgroupStorageSize", "maxComputeInvocationsPerWorkgroup", "maxComputeWorkgroupSizeX",
  "maxStorageBuffersPerShaderStage"];
const gpu = create(["backend=vulkan", "enable-dawn-features=allow_unsafe_apis,dump_shaders"]);
const adapter = await gpu.requestAdapter();
const device = await adapter.requestDevice({
  requiredFeatures: ["subgroups", "shader-f16"].filter((feature) => adapter.features.has(feature)),
  requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
});
for (const [i, { code, entry }] of JSON.parse(readFileSync(process.argv[2], "utf8")).entries()) {
  for (const fd of [1, 2]) writeSync(fd, `\n@@ ${i}\n`); // Dawn writes to one of them
  const module = device.createShaderModule({ code });
  const compute = { module, entryPoint: entry };
  await device.createComputePipelineAsync({ layout: "auto", compute }).catch((error) => console.error(error.message));
}
process.exit(0);
