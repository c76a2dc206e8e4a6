// The cases of ops/: each runs forward and backward on the GPU and is held to stored results.

import type { SafeTensors } from "../data/safetensors.ts";
import type { Engine } from "../engine/engine.ts";
import { valueAndGrad } from "../engine/grad/tape.ts";
import { Tensor } from "../engine/tensor.ts";
import { add, mul, sum } from "../kernels/index.ts";
import { Args } from "./args.ts";
import { CaseFile, Unsupported, numbers, readJson, relativeError, upload, type Case, type Check,
  type ReadCase } from "./case.ts";
import { printedSign } from "./cvae-cases.ts";
import type { Inputs, OpGroup, Outcome } from "./group.ts";
import { OP_TABLE } from "./op-table.ts";
import { optimCase } from "./optim.ts";
import { limitFor } from "./precision.ts";
import { elementError, judgedOf, special } from "./special.ts";

/** The stored tensors of one case, without the case's name in front. */
export function ofCase(all: SafeTensors, id: string): SafeTensors {
  const prefix = `${id}/`;
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => name.startsWith(prefix)).map(([name, t]) => [name.slice(prefix.length), t]),
  );
}

/** 2e-5 where float32 itself was measured to be off by less than 2e-6, else 1e-4 (README of the cases). */
const limitOf = (floor: unknown): number => (typeof floor === "number" && floor < 2e-6 ? 2e-5 : 1e-4);

function inputsOf(gpu: Engine, stored: SafeTensors): Inputs & { dispose(): void } {
  const made = new Map<string, Tensor>();
  const find = (name: string): Tensor | undefined => {
    if (!made.has(name) && stored[name]) made.set(name, gpu.keep(upload(gpu, stored[name])));
    return made.get(name);
  };
  const must = (name: string): Tensor => {
    const t = find(name);
    if (!t) throw new Error(`the case has no tensor ${name}; it has ${Object.keys(stored).join(", ") || "none"}`);
    return t;
  };
  return Object.assign((name: string) => must(`in.${name}`), { find: (name: string) => find(`in.${name}`), other: must,
    dispose: () => made.forEach((t) => t.dispose()) });
}

/** "out" or "out0", "out1", .. in order; the same for "grad_out". */
const numbered = (stored: SafeTensors, stem: string): string[] =>
  Object.keys(stored).filter((name) => new RegExp(`^${stem}\\d*$`).test(name)).sort((a, b) =>
    Number(a.slice(stem.length)) - Number(b.slice(stem.length))
  );

/**
 * Forward, and backward with the stored upstream gradients for every input that has a stored gradient. Results by the
 * names under which the case stores the numbers that are due.
 */
function compute(gpu: Engine, id: string, group: OpGroup, t: Inputs, stored: SafeTensors,
  args: Args): Record<string, Tensor> {
  const wrt = Object.keys(stored).filter((name) => name.startsWith("grad.")).map((name) => name.slice(5));
  const upstream = numbered(stored, "grad_out").map((name) => t.other(name));
  let outcome: Outcome = { out: [] };
  const forward = (): Tensor[] => {
    const made = group(id, t, args);
    outcome = made instanceof Tensor ? { out: [made] } : made;
    args.done();
    const { out } = outcome;
    if (out.length === 1 || wrt.length === 0) return out;
    const weighed = out.slice(0, upstream.length).map((y, i) => sum(mul(y, upstream[i]!))); // indices have no gradient
    return [weighed.reduce((a, b) => add(a, b)), ...out];
  };
  if (wrt.length === 0) gpu.scope(forward);
  const many = numbered(stored, "out").length > 1;
  const done = wrt.length ? valueAndGrad(forward, wrt.map((name) => t(name)), many ? undefined : upstream[0])
    : { grads: [] };
  const outs = numbered(stored, "out").map((name, i) => [name, outcome.out[i]!]);
  const grads = wrt.map((name, i) => [`grad.${name}`, done.grads[i]!]);
  return Object.fromEntries([...outs, ...grads, ...Object.entries(outcome.also ?? {})]);
}

/** Groups whose ops have variants. Of special values Winograd may make NaN of a whole tile: it is left out. */
const HEAVY = ["conv2d", "conv_transpose2d", "linear", "composite", "tensor_ops"];

/** What a case runs, and how its results are judged. */
interface Trial {
  family: string;
  id: string;
  group: OpGroup;
  stored: SafeTensors;
  raw: Record<string, unknown>;
}

async function checksOf(gpu: Engine, t: Inputs, trial: Trial, variant = ""): Promise<Check[]> {
  const { family, id, group, stored, raw } = trial;
  const results = compute(gpu, id, group, t, stored, new Args(raw));
  const checks: Check[] = [];
  for (const [name, tensor] of Object.entries(results)) {
    const due = stored[name];
    if (!due) throw new Error(`the case stores no ${name}; it has ${Object.keys(stored).join(", ")}`);
    const float32 = limitOf(raw[name.startsWith("grad.") ? "f32_rel_err_grad" : "f32_rel_err_out"]);
    const limit = limitFor(gpu.precision, family, float32);
    const shaped = tensor.shape.join() === due.shape.join();
    const error = (got: ArrayLike<number>) =>
      group === special ? elementError(got, numbers(due), judgedOf(stored, due)) : relativeError(got, numbers(due));
    const what = name + variant + (shaped ? "" : ` (shape [${tensor.shape}], due [${due.shape}])`);
    checks.push({ what, error: shaped ? error(await tensor.data()) : Infinity, limit });
  }
  Object.values(results).forEach((made) => made.dispose());
  return checks;
}

/** The case once more with every other variant that its heavy ops can take on this adapter. */
async function variantChecks(gpu: Engine, t: Inputs, trial: Trial): Promise<Check[]> {
  const { id, group, stored, raw } = trial;
  const jobs = gpu.tuner.heavy(() => void compute(gpu, id, group, t, stored, new Args(raw)));
  const others = new Map(jobs.map(({ op, variants }) => [op, variants.slice(1)]));
  const checks: Check[] = [];
  for (const [op, names] of others) {
    for (const name of names) {
      gpu.tuner.force(op, name);
      checks.push(...(await checksOf(gpu, t, trial, ` by ${op}'s variant ${name}`).finally(() =>
        gpu.tuner.force(op, null)
      )));
    }
  }
  return checks;
}

async function opCase(gpu: Engine, trial: Trial): Promise<Check[] | string> {
  const t = inputsOf(gpu, trial.stored);
  try {
    const checks = await checksOf(gpu, t, trial);
    if (HEAVY.includes(trial.family)) checks.push(...(await variantChecks(gpu, t, trial)));
    return printedSign(trial.id) ? apart(checks) : checks;
  } finally {
    t.dispose();
  }
}

/** The right loss must differ from the paper's printed one, in value and gradient. */
function apart(checks: Check[]): string {
  const value = checks.find((c) => c.what === "out");
  if (!value || value.error <= 100 * value.limit) throw new Error("the cluster loss has the printed minus before the " +
    "distance, which is unbounded below; a plus is due");
  return `the loss with the right sign differs from the printed one by ${value.error.toFixed(2)}, as it must`;
}

const isRecord = (v: unknown): v is Record<string, unknown> => typeof v === "object" && v !== null && !Array.isArray(v);

/** A case for every name in the manifest and every one that only the file has. */
async function groupCases(read: ReadCase, group: string, manifest: unknown): Promise<Case[]> {
  const file = new CaseFile(read, `ops/${group}.safetensors`);
  const described = isRecord(manifest) ? manifest : {};
  const stored = await file.tensors().catch(() => ({}));
  const alone = Object.keys(stored).filter((name) => name.includes("/")).map((name) =>
    name.slice(0, name.indexOf("/"))
  );
  const ids = [...new Set([...Object.keys(described).filter((id) => !id.startsWith("_")), ...alone])];
  return ids.map((id) => ({
    id: `ops/${group}/${id}`, op: group,
    async run(gpu) {
      const raw = isRecord(described[id]) ? (described[id] as Record<string, unknown>) : {};
      const all = await file.tensors();
      if (group === "optim") return optimCase(gpu, id, all, new Args(raw));
      const known = OP_TABLE[group];
      if (!known) throw new Unsupported(`purigrad has no op for the group ${group}`);
      return opCase(gpu, { family: group, id, group: known, stored: ofCase(all, id), raw });
    },
  }));
}

/** All cases of ops/manifest.json. */
export async function opCases(read: ReadCase): Promise<Case[]> {
  const manifest = await readJson(read, "ops/manifest.json");
  const cases = await Promise.all(
    Object.entries(manifest ?? {}).map(([group, entries]) => groupCases(read, group, entries)),
  );
  return cases.flat();
}
