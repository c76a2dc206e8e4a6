// The cases of ops/optim: f(p) = 1/2 p'Ap - b'p from p0; the parameters after each step are stored.

import type { SafeTensors } from "../data/safetensors.ts";
import type { Engine } from "../engine/engine.ts";
import { linear, reshape, sub } from "../kernels/index.ts";
import { adam, adamw, rmsprop, sgd, type Optimizer } from "../model/optim.ts";
import { makeParameters, type Parameters } from "../model/params.ts";
import type { Args } from "./args.ts";
import { Unsupported, numbers, relativeError, upload, type Check } from "./case.ts";

const LIMIT = 1e-4;

function betas(args: Args): [number, number] {
  const [first = 0.9, second = 0.999] = args.list("betas", []);
  return [first, second];
}

function make(args: Args, params: Parameters[], lr: number, momentum: number): Optimizer {
  const name = args.text("opt", "SGD");
  const weightDecay = args.number("weight_decay", name === "AdamW" ? 0.01 : 0);
  switch (name) {
    case "SGD":
      return sgd(params, { lr, momentum, weightDecay, dampening: args.number("dampening", 0),
        nesterov: args.flag("nesterov", false) });
    case "Adam":
      return adam(params, { lr, weightDecay, betas: betas(args), eps: args.number("eps", 1e-8) });
    case "AdamW":
      return adamw(params, { lr, weightDecay, betas: betas(args), eps: args.number("eps", 1e-8) });
    case "RMSprop":
      return rmsprop(params, { lr, weightDecay, alpha: args.number("alpha", 0.99), eps: args.number("eps", 1e-8) });
    default:
      throw new Unsupported(`purigrad has no optimiser ${name}`);
  }
}

function stored(all: SafeTensors, name: string) {
  const t = all[name];
  if (!t) throw new Error(`ops/optim.safetensors has no tensor ${name}`);
  return t;
}

export async function optimCase(gpu: Engine, id: string, all: SafeTensors, args: Args): Promise<Check[]> {
  const [A, b, p0, path] = ["A", "b", "p0", id].map((name) => stored(all, name)) as [typeof all.A, typeof all.A,
    typeof all.A, typeof all.A];
  const n = p0!.shape[0]!;
  const steps = path!.shape[0]!;
  const lrs = args.list("lrs", new Array<number>(steps).fill(args.number("lr", 0.1)));
  const momenta = args.list("momenta", []);
  args.number("lr", 0);
  const params = makeParameters(gpu, { p: { shape: [n], init: numbers(p0!) } }, 0);
  const optimizer = make(args, [params], lrs[0]!, momenta[0] ?? args.number("momentum", 0));
  args.done();
  const [matrix, vector] = [upload(gpu, A!), upload(gpu, b!)];
  const checks: Check[] = [];
  for (let i = 0; i < steps; i++) {
    optimizer.lr = lrs[i]!;
    if (momenta.length) optimizer.momentum = momenta[i]!;
    gpu.scope(() => optimizer.step([sub(reshape(linear(reshape(params.get("p"), [1, n]), matrix), [n]), vector)]));
    checks.push({ what: `the parameters after step ${i + 1}`,
      error: relativeError(await params.get("p").data(), numbers(path!).subarray(i * n, (i + 1) * n)), limit: LIMIT });
  }
  optimizer.dispose();
  params.dispose();
  return checks;
}
