// Does this GPU and driver compute every op right, forward and backward? Reference cases are read from files, run with
// the public ops and held to the limits of the cases' README.

import type { Engine } from "../engine/engine.ts";
import { attackCases } from "./models/attacks.ts";
import { computedCases } from "./computed.ts";
import { fileCases } from "./computed-files.ts";
import { attackModelCases } from "./models/computed-attacks.ts";
import { apgdCases } from "./models/computed-apgd.ts";
import { blackBoxCases } from "./models/computed-black-box.ts";
import { bpdaCases } from "./models/computed-bpda.ts";
import { measureCases } from "./models/computed-measures.ts";
import { minimalModelCases } from "./models/computed-minimal.ts";
import { optimCases } from "./models/computed-optim.ts";
import { defaultCases } from "./models/computed-defaults.ts";
import { optionCases } from "./models/computed-options.ts";
import { boundaryCases } from "./models/computed-boundary.ts";
import { purifierModelCases } from "./models/computed-purifiers.ts";
import { squareCases } from "./models/computed-square.ts";
import { squareLinfCases } from "./models/computed-square-linf.ts";
import { modelCases } from "./models/computed-model.ts";
import { filterCases } from "./models/computed-filters.ts";
import { fitCases } from "./models/computed-fit.ts";
import { jpegCases } from "./models/computed-jpeg.ts";
import { networkCases } from "./models/computed-networks.ts";
import { trainingModelCases } from "./models/computed-training.ts";
import { secondCases } from "./second.ts";
import { Unsupported, judge, type Case, type CaseResult, type ReadCase } from "./case.ts";
import { mayRound } from "./precision.ts";
import { opCases } from "./ops.ts";
import { resnetCases } from "./models/resnets.ts";
import type { TestImages } from "./models/sweep.ts";
import { statsCases } from "./stats.ts";
import { trainingCases } from "./models/training.ts";

export type { CaseResult, ReadCase, Status } from "./case.ts";

export interface VerifyReport {
  /** The adapter's name. */
  adapter: string;
  cases: CaseResult[];
  passed: number;
  failed: number;
  unsupported: number;
}

/** Ids are unique: a repeated one gets a number. */
function unique(cases: Case[]): Case[] {
  const seen = new Map<string, number>();
  return cases.map((c) => {
    const times = (seen.get(c.id) ?? 0) + 1;
    seen.set(c.id, times);
    return times === 1 ? c : { ...c, id: `${c.id}#${times}` };
  });
}

/** Every case of a folder, in the order of its manifests. Throws one sentence where there is none. */
export async function findCases(read: ReadCase, images?: TestImages): Promise<Case[]> {
  const attacks = (from: ReadCase) => attackCases(from, images);
  const groups = [opCases, statsCases, attacks, resnetCases, trainingCases];
  const cases: Case[] = [];
  for (const group of groups) cases.push(...(await group(read)));
  if (cases.length === 0) throw new Error("verify: there are no cases here; a folder with ops/manifest.json, " +
    "attacks/manifest.json or stats.json is due");
  return unique(cases);
}

async function runCase(gpu: Engine, c: Case): Promise<CaseResult> {
  try {
    const outcome = await c.run(gpu);
    await gpu.synchronize();
    return judge(c, outcome);
  } catch (error) {
    if (gpu.lost) throw error; // said once: no later case can be right
    const status = error instanceof Unsupported ? "unsupported" : "fail";
    return { id: c.id, op: c.op, status, worst: null, limit: null, message: (error as Error).message };
  }
}

/** What is computed in float64 on the host. */
const COMPUTED = [computedCases, secondCases, optimCases, modelCases, attackModelCases, optionCases, apgdCases,
  minimalModelCases, boundaryCases, squareCases, squareLinfCases, blackBoxCases, bpdaCases, trainingModelCases,
  networkCases, filterCases, jpegCases, fileCases, measureCases, fitCases, purifierModelCases, defaultCases];

/** Where the generator stands before each case: key and counter, no number of them 0 or like another. */
const DRAWS = [0x243f6a88, 0x85a308d3, 7, 3];

export interface VerifyOptions {
  /** Also run the cases that are computed in float64 on the host, a few for every op. */
  computed?: boolean;
  /** Further cases. */
  more?: readonly Case[];
  /** Which cases are run; all by default. */
  only?: (id: string, op: string) => boolean;
  /** MNIST's test images, for the case that counts on them; without, it is unsupported. */
  images?: TestImages;
  /** Called after each case. */
  onCase?: (result: CaseResult, done: number, total: number) => void;
  signal?: AbortSignal;
}

/**
 * Runs all cases that `read` finds (none where it is null), one after the other. Give it an engine of its own: the nets
 * and attacks of the cases stay in its memory until it is closed. An engine of half precision runs the cases of the ops
 * whose operands it may round, to the limit of precision.ts. Throws where the device is lost.
 */
export async function verify(gpu: Engine, read: ReadCase | null, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { computed = false, more = [], only = () => true, images, onCase, signal } = options;
  const all = [...(read ? await findCases(read, images) : []),
    ...(computed ? COMPUTED.flatMap((cases) => cases()) : []), ...more];
  const cases = all.filter(({ id, op }) => only(id, op) && (gpu.precision === "f32" || mayRound(op)));
  const results: CaseResult[] = [];
  const before = await gpu.random.save();
  for (const c of cases) {
    signal?.throwIfAborted();
    gpu.random.restore(DRAWS); // a case draws the same numbers whatever ran before it
    results.push(await runCase(gpu, c));
    onCase?.(results.at(-1)!, results.length, cases.length);
  }
  gpu.random.restore(before);
  const count = (status: CaseResult["status"]) => results.filter((r) => r.status === status).length;
  return { adapter: gpu.adapter.name, cases: results, passed: count("pass"), failed: count("fail"),
    unsupported: count("unsupported") };
}
