#!/usr/bin/env node
// The command `purigrad`: finds the command, reads its flags, opens the engine, and turns every failure into one
// sentence and a non-zero exit.

import { CommanderError } from "commander";
import { checkFile, writeFileAtomic } from "./data/files.ts";
import { createEngine } from "./engine/create.ts";
import type { Engine } from "./engine/engine.ts";
import { attack } from "./cli/attack.ts";
import { audit, merge } from "./cli/audit.ts";
import type { Command, HostCommand, HostContext } from "./cli/command.ts";
import { compare } from "./cli/compare.ts";
import { data } from "./cli/data.ts";
import { readAdapter, readPrecision, readSeed, UsageError } from "./cli/engine-flags.ts";
import { evaluate } from "./cli/evaluate.ts";
import { info } from "./cli/info.ts";
import { programOf, type Given } from "./cli/program.ts";
import { report } from "./cli/report.ts";
import { reproduce } from "./cli/reproduce.ts";
import { serve } from "./cli/serve.ts";
import { start } from "./cli/start.ts";
import { train } from "./cli/train.ts";
import { tune } from "./cli/tune.ts";
import { verify } from "./cli/verify.ts";
import { onTerminal, silent } from "./report/progress.ts";

const COMMANDS: Record<string, Command | HostCommand> = { start, reproduce, train, evaluate, attack, audit,
  merge, report, compare, serve, data, info, tune, verify };

/** Exit codes besides 0, all went well, and 1, it failed. */
const EXIT = { usage: 2, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 };

class Stopped extends Error {
  constructor(readonly signal: "SIGINT" | "SIGTERM", left: string) {
    super(`stopped by ${signal === "SIGINT" ? "Ctrl-C" : signal}; ${left}`);
  }
}

/** Runs a command; one that computes opens an engine of its own. */
async function runOn(command: Command | HostCommand, context: HostContext): ReturnType<Command["run"]> {
  if (command.gpu === false) return command.run(context);
  const [seed, adapter] = [readSeed(context.flags.seed), readAdapter(context.flags.adapter)];
  const precision = readPrecision(context.flags.precision);
  let gpu: Engine | undefined;
  const open = async () => {
    gpu = await createEngine({ adapter, seed, precision });
    context.say(gpu.adapter.line);
    return gpu;
  };
  try {
    return await command.run({ ...context, open, seed });
  } finally {
    gpu?.close();
  }
}

/** Lines go to standard output, to standard error where that is for the JSON, and nowhere with --quiet. */
function speaker({ json, quiet }: HostContext["flags"]): Pick<HostContext, "say" | "progress"> {
  if (quiet) return { say: () => undefined, progress: silent };
  const stream = json === "-" ? process.stderr : process.stdout;
  return { say: (line) => void stream.write(`${line}\n`), progress: onTerminal };
}

async function runCommand(command: Command | HostCommand, given: Given): Promise<void> {
  const { json } = given.flags as { json?: string };
  if (json !== undefined && json !== "-") checkFile(json, "--json");
  const abort = new AbortController();
  const stop = (signal: "SIGINT" | "SIGTERM") => abort.abort(new Stopped(signal, command.stopped ??
    "nothing was written"));
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    const { result, ok } = await runOn(command, { ...given, signal: abort.signal, ...speaker(given.flags) });
    const text = JSON.stringify(result, null, 2) + "\n";
    if (json === "-") process.stdout.write(text);
    else if (json !== undefined) writeFileAtomic(json, text);
    process.exitCode = ok ? 0 : 1;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

/** A reader that went away ends the program without a word, as other programs end by SIGPIPE. */
process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
  if (code !== "EPIPE") process.stderr.write(`cannot write to standard output: ${message}\n`);
  process.exit(code === "EPIPE" ? EXIT.SIGPIPE : 1);
});
process.stderr.on("error", () => undefined); // there is nobody left to tell

function exitCodeOf(error: unknown): number {
  if (error instanceof Stopped) return EXIT[error.signal];
  if (error instanceof CommanderError && error.exitCode === 0) return 0; // --help, --version
  return error instanceof UsageError || error instanceof CommanderError ? EXIT.usage : 1;
}

try {
  const program = programOf(COMMANDS, runCommand);
  if (process.argv.length > 2) await program.parseAsync();
  else throw new UsageError(program.helpInformation().trim());
} catch (error) {
  process.exitCode = exitCodeOf(error);
  const shown = error instanceof Error ? error : new Error(String(error));
  if (process.exitCode !== 0) process.stderr.write(`${shown.message}\n`);
  if (process.env.PURIGRAD_DEBUG) process.stderr.write(`${shown.stack}\n`);
}
