// The cases of attacks/mnist_cnn_saturated: the last layer of mnist_cnn_trained times 60, so that float32 cross-entropy
// underflows. The gradient must be that of float64 wherever float32 can hold it.

import { fgsm, lossGradient } from "../../attacks/index.ts";
import type { SafeTensors } from "../../data/safetensors.ts";
import { CaseFile, Unsupported, numbers, pixelsOff, readJson, relativeError, upload, type Case, type ReadCase } from "./case.ts";
import { netOf, weightsFile } from "./nets.ts";

const BASE = "mnist_cnn_trained";

function scaled(weights: SafeTensors, factor: number): SafeTensors {
  const times = (name: string) => ({ dtype: "F32" as const, shape: weights[name]!.shape, data: numbers(weights[name]!).map((v) => v * factor) });
  return { ...weights, "fc.weight": times("fc.weight"), "fc.bias": times("fc.bias") };
}

export function saturatedCases(read: ReadCase): Case[] {
  const [file, base] = ["mnist_cnn_saturated", BASE].map((name) => new CaseFile(read, `attacks/${name}.safetensors`)) as [CaseFile, CaseFile];
  const weights = weightsFile(read, BASE);
  const at = (name: string, op: string, run: Case["run"]): Case => ({ id: `attacks/mnist_cnn_saturated/${name}`, op, run });
  const setup: (gpu: Parameters<Case["run"]>[0]) => Promise<{ forward: ReturnType<typeof netOf>["forward"]; x: ReturnType<typeof upload>; y: ReturnType<typeof upload> }> = async (gpu) => ({
    ...netOf(gpu, scaled(await weights.tensors(), 60)), x: upload(gpu, await base.get("x")), y: upload(gpu, await base.get("y")),
  });
  return [
    at("gradient", "gradient", async (gpu) => {
      const { forward, x, y } = await setup(gpu);
      const made = gpu.scope(() => ({ logits_clean: forward(x), grad_sum_f64: lossGradient(forward)(x, y) }));
      const error = async (name: keyof typeof made) => ({ what: name, error: relativeError(await made[name].data(), numbers(await file.get(name))), limit: 1e-4 });
      return [await error("logits_clean"), await error("grad_sum_f64")];
    }),
    at("fgsm", "fgsm", async (gpu) => {
      const { forward, x, y } = await setup(gpu);
      const manifest = ((await readJson(read, "attacks/manifest.json")) ?? {}) as Record<string, { eps?: number }>;
      const eps = manifest.mnist_cnn_saturated?.eps ?? manifest[BASE]?.eps ?? 0.15;
      const adv = fgsm(forward, { eps })(x, y);
      const due = await file.get("fgsm_f32.adv");
      const all = new Array<boolean>(due.shape[0]!).fill(true);
      return [{ what: "the share of wrong pixels", error: pixelsOff(await adv.data(), numbers(due), all), limit: 0.001 }];
    }),
    at("dlr", "dlr", async () => { throw new Unsupported("purigrad has no DLR loss"); }),
  ];
}
