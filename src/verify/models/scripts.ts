// The scripts of locuslab/fast_adversarial as their command lines call them, as options of adversarial training.

import type { AdversarialOptions } from "../../train/adversarial.ts";
import { Args } from "../args.ts";
import { Unsupported } from "../case.ts";

/** What a trace holds step by step, or what its numbers do not depend on. */
const IDLE = ["batch-size", "epochs", "out-dir", "fname", "data-dir", "seed", "lr-max", "lr-min", "lr-schedule",
  "lr-type", "momentum", "weight-decay", "opt-level", "loss-scale"];

/** ["--alpha", "2", "--early-stop"] -> { alpha: 2, "early-stop": true } */
function flagsOf(words: readonly string[]): Args {
  const flags: Record<string, unknown> = {};
  words.forEach((word, i) => {
    const [name, value] = [word.slice(2), words[i + 1]];
    if (!word.startsWith("--") || IDLE.includes(name)) return;
    const given = value !== undefined && !value.startsWith("--");
    flags[name] = !given ? true : Number.isNaN(Number(value)) ? value : Number(value);
  });
  return new Args(flags);
}

export interface Script {
  free: boolean;
  options: AdversarialOptions;
  replays: number;
}

function mnistScript(flags: Args): Script {
  const attack = flags.text("attack", "fgsm");
  if (attack !== "fgsm" && attack !== "pgd") throw new Unsupported(`the training "${attack}" is not supported`);
  const pgd = attack === "pgd";
  const steps = flags.number("attack-iters", 40); // the script takes the flag with either attack
  return { free: false, replays: 1, options: { eps: flags.number("epsilon", 0.3), alpha: flags.number("alpha", 0.375),
    steps: pgd ? steps : 1, start: pgd ? "random" : "unclamped", accumulate: pgd } };
}

function cifarScript(file: string, flags: Args): Script {
  const eps = flags.number("epsilon", 8) / 255;
  if (file === "train_free")
    return { free: true, replays: flags.number("minibatch-replays", 8), options: { eps, alpha: eps, steps: 1 } };
  const pgd = file === "train_pgd";
  const start = flags.text("delta-init", "random");
  if (start !== "random" && start !== "zero") throw new Unsupported(`the start "${start}" is not supported`);
  if (flags.number("restarts", 1) !== 1) throw new Unsupported("training with restarts is not supported");
  return { free: false, replays: 1, options: { eps, alpha: flags.number("alpha", pgd ? 2 : 10) / 255,
    steps: pgd ? flags.number("attack-iters", 7) : 1, start } };
}

/** What the script of a trace does, from its source and arguments; the scripts' defaults where none are given. */
export function scriptOf(source: string, args: readonly string[]): Script {
  const [, file] = /\b(train_(?:fgsm|pgd|free|mnist))\.py/.exec(source) ?? [];
  if (!file) throw new Unsupported(`the script "${source}" is not one that is known here`);
  const flags = flagsOf(args);
  const script = file === "train_mnist" ? mnistScript(flags) : cifarScript(file, flags);
  flags.done();
  return script;
}
