import type { Command } from "./command.ts";

const LIMITS = ["maxBufferSize", "maxStorageBufferBindingSize", "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup"] as const;

export const info: Command = {
  summary: "which adapter is used, and what it can do",
  flags: {},
  async run({ open, say }) {
    const gpu = await open();
    const result = {
      adapter: gpu.adapter.name,
      kind: gpu.adapter.kind,
      subgroupSize: gpu.subgroupSize,
      features: [...gpu.device.features].sort(),
      limits: Object.fromEntries(LIMITS.map((name) => [name, gpu.device.limits[name]])),
    };
    say(
      `kind: ${result.kind}; subgroups: ${
        result.subgroupSize ? `${result.subgroupSize} lanes` : "none of one fixed size"
      }`,
    );
    say(`features: ${result.features.join(", ")}`);
    for (const [name, value] of Object.entries(result.limits)) say(`${name}: ${value}`);
    return { result, ok: true };
  },
};
