// The cases of attacks/mnist_cnn_saturated: the last layer of mnist_cnn_trained times 60, so that float32 cross-entropy
// underflows. The gradient must be that of float64 wherever float32 can hold it.

import { dlrLoss, fgsm, lossGradient } from "../../attacks/index.ts";
import type { SafeTensors } from "../../data/safetensors.ts";
import type { Engine } from "../../engine/engine.ts";
import { CaseFile, numbers, pixelsOff, readJson, relativeError, upload, type Case,
  type ReadCase } from "../case.ts";
import { layersOf, netOf, weightsFile } from "./nets.ts";

const BASE = "mnist_cnn_trained";

function scaled(weights: SafeTensors, factor: number): SafeTensors {
  const times = (name: string) => ({ dtype: "F32" as const, shape: weights[name]!.shape,
    data: numbers(weights[name]!).map((v) => v * factor) });
  return { ...weights, "fc.weight": times("fc.weight"), "fc.bias": times("fc.bias") };
}

/**
 * Examples whose torch float32 gradient can be compared: it vanishes, or 1 - p of the true class is at least 1e-6.
 * Between the two, torch's true-class entry rounds to zero while the others do not, and its gradient points elsewhere.
 */
async function plainFloat32(file: CaseFile, base: CaseFile): Promise<boolean[]> {
  const [logits, labels, zero] = [await file.get("logits_clean"), await base.get("y"), await file.get("zero_grad_f32")]
    .map(numbers) as [Float32Array, Float32Array, Float32Array];
  const C = logits.length / labels.length;
  return Array.from(labels, (label, n) => {
    const row = Array.from(logits.subarray(n * C, (n + 1) * C));
    const others = row.reduce((sum, v, c) => (c === label ? sum : sum + Math.exp(v - row[label]!)), 0);
    return zero[n] === 1 || others >= 1e-6;
  });
}

/** clip(x + eps sign g) with the float64 gradient g, for the examples of which float32 can hold it. */
async function alongFloat64(file: CaseFile, base: CaseFile,
  eps: number): Promise<{ adv: Float32Array; judged: boolean[]; }> {
  const [x, g] = [numbers(await base.get("x")), numbers(await file.get("grad_sum_f64"))];
  const n = (await base.get("y")).data.length;
  const size = x.length / n;
  const judged = Array.from({ length: n },
    (_, i) => g.subarray(i * size, (i + 1) * size).some((v) => Math.abs(v) > 1e-30));
  return { adv: x.map((v, i) => Math.min(1, Math.max(0, v + eps * Math.sign(g[i]!)))), judged };
}

export function saturatedCases(read: ReadCase): Case[] {
  const [file, base] = ["mnist_cnn_saturated", BASE].map((name) =>
    new CaseFile(read, `attacks/${name}.safetensors`)
  ) as [CaseFile, CaseFile];
  const weights = weightsFile(read, BASE);
  const at = (name: string, op: string, run: Case["run"]): Case => ({ id: `attacks/mnist_cnn_saturated/${name}`, op,
    run });
  const setup = async (gpu: Engine) => ({
    ...netOf(gpu, scaled(await weights.tensors(), 60), await layersOf(read, BASE)),
    x: upload(gpu, await base.get("x")),
    y: upload(gpu, await base.get("y")),
  });
  return [
    at("gradient", "gradient", async (gpu) => {
      const { forward, x, y } = await setup(gpu);
      const made = gpu.scope(() => ({ logits_clean: forward(x), grad_sum_f64: lossGradient(forward)(x, y) }));
      const error = async (name: keyof typeof made) => ({ what: name,
        error: relativeError(await made[name].data(), numbers(await file.get(name))), limit: 1e-4 });
      return [await error("logits_clean"), await error("grad_sum_f64")];
    }),
    at("fgsm", "fgsm", async (gpu) => {
      const { forward, x, y } = await setup(gpu);
      const manifest = ((await readJson(read, "attacks/manifest.json")) ?? {}) as Record<string, { eps?: number }>;
      const eps = manifest.mnist_cnn_saturated?.eps ?? manifest[BASE]?.eps ?? 0.15;
      const adv = await fgsm(forward, { eps })(x, y).data();
      const [plain, exact] = [await plainFloat32(file, base), await alongFloat64(file, base, eps)];
      return [
        { what: "the share of pixels off torch's float32",
          error: pixelsOff(adv, numbers(await file.get("fgsm_f32.adv")), plain), limit: 0.001 },
        { what: "the share of pixels off a step along the float64 gradient",
          error: pixelsOff(adv, exact.adv, exact.judged), limit: 0.001 },
      ];
    }),
    at("dlr", "dlr", async (gpu) => {
      const { forward, x, y } = await setup(gpu);
      const made = gpu.scope(() => ({ dlr_loss: dlrLoss(forward(x), y),
        dlr_grad: lossGradient(forward, dlrLoss)(x, y) }));
      return Promise.all(Object.entries(made).map(async ([what, t]) =>
        ({ what, error: relativeError(await t.data(), numbers(await file.get(what))), limit: 1e-4 })));
    }),
  ];
}
