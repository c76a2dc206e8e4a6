// The cases apgd_ce and apgd_dlr: the authors' own run from a stored start, and the DLR loss on raw logits.

import { apgd, dlrLoss } from "../../attacks/index.ts";
import type { Engine } from "../../engine/engine.ts";
import { valueAndGrad } from "../../engine/grad/tape.ts";
import { sub, sum } from "../../kernels/index.ts";
import { Args } from "../args.ts";
import { CaseFile, numbers, relativeError, upload, type Case, type Check, type ReadCase } from "../case.ts";
import { layersOf, netOf, weightsFile } from "./nets.ts";

const BASE = "mnist_cnn_trained";
/** Of the loss of an image: float32 rounding is amplified by every sign (README of the cases). */
const LOSS = 0.02;

async function dlrChecks(gpu: Engine, file: CaseFile): Promise<Check[]> {
  const [logits, y] = [upload(gpu, await file.get("dlr_fn.logits")), upload(gpu, await file.get("dlr_fn.y"))];
  const { value: [, loss], grads: [dlogits] } = gpu.scope(() => valueAndGrad(() => {
    const each = dlrLoss(logits, y);
    return [sum(each), each] as const;
  }, [logits]));
  const error = async (what: string, got: ArrayLike<number>) =>
    ({ what, error: relativeError(got, numbers(await file.get(`dlr_fn.${what}`))), limit: 1e-4 });
  return [await error("loss", await loss!.data()), await error("grad_of_sum", await dlogits!.data())];
}

async function runApgd(gpu: Engine, read: ReadCase, loss: "ce" | "dlr", args: Args): Promise<Check[]> {
  const [file, base] = ["mnist_apgd", BASE].map((name) => new CaseFile(read, `attacks/${name}.safetensors`)) as
    [CaseFile, CaseFile];
  const options = { eps: args.number("eps", 0), steps: args.number("n_iter", 100), rho: args.number("rho", 0.75) };
  if (args.number("n_restarts", 1) !== 1) throw new Error("one start is due, since one is stored");
  args.number("still_correct", 0);
  args.done();
  const { forward } = netOf(gpu, await weightsFile(read, BASE).tensors(), await layersOf(read, BASE));
  const [x, y, start] = [await base.get("x"), await base.get("y"), await file.get("x_init")];
  const [images, labels, at] = [x, y, start].map((t) => upload(gpu, t));
  const noise = gpu.scope(() => sub(at!, images!));
  const made = apgd(forward, { ...options, loss, noise }).run(images!, labels!);
  const [best, right] = [await made.loss.data(), await made.right.data()];
  const [dueBest, dueRight] = [numbers(await file.get(`${loss}.loss_best`)),
    numbers(await file.get(`${loss}.still_correct`))];
  const off = best.map((v, i) => Math.abs(v - dueBest[i]!) / Math.max(1e-3, Math.abs(dueBest[i]!)));
  const others = right.reduce((n, v, i) => n + Number(v !== dueRight[i]), 0);
  return [{ what: "the highest loss of an image", error: Math.max(...off), limit: LOSS },
    { what: "the number of images with another verdict", error: others, limit: 0 },
    ...(loss === "dlr" ? await dlrChecks(gpu, file) : [])];
}

/** attacks/manifest.json has an entry "apgd_ce" or "apgd_dlr" with the settings. */
export function apgdCase(read: ReadCase, tag: string, { source: _, ...entry }: Record<string, unknown>): Case {
  const loss = tag.slice("apgd_".length);
  if (loss !== "ce" && loss !== "dlr") throw new Error(`attacks/manifest.json: "${tag}" came, apgd_ce or apgd_dlr ` +
    `was due`);
  return { id: `attacks/${tag}`, op: "apgd", run: (gpu) => runApgd(gpu, read, loss, new Args(entry)) };
}
