#!/usr/bin/env node
// The command `purigrad`: finds the command, reads its flags, opens the engine, and turns every failure into one
// sentence and a non-zero exit.

import { parseArgs, type ParseArgsConfig } from "node:util";
import type { AdapterWish } from "./engine/device/adapter.ts";
import { createEngine } from "./engine/create.ts";
import { writeFileAtomic } from "./data/files.ts";
import { attack } from "./cli/attack.ts";
import { audit, merge } from "./cli/audit.ts";
import type { Command, HostCommand, HostContext } from "./cli/command.ts";
import { data } from "./cli/data.ts";
import { evaluate } from "./cli/evaluate.ts";
import { info } from "./cli/info.ts";
import { reproduce } from "./cli/reproduce.ts";
import { serve } from "./cli/serve.ts";
import { start } from "./cli/start.ts";
import { train } from "./cli/train.ts";
import { tune } from "./cli/tune.ts";
import { verify } from "./cli/verify.ts";

type Flags = NonNullable<ParseArgsConfig["options"]>;

const COMMANDS: Record<string, Command | HostCommand> = { start, reproduce, train, evaluate, attack, audit,
  merge, serve, data, info, tune, verify };

const GPU: Command["flags"] = {
  adapter: { type: "string", help: "auto, hardware, software or embedded (default auto)" },
  seed: { type: "string", help: "a whole number (default 0)" },
};
const COMMON: Command["flags"] = {
  json: { type: "string", help: "also write the result to this file" },
  help: { type: "boolean", help: "this text" },
};

class UsageError extends Error {}

class Stopped extends Error {}

const flagsOf = (command: Command | HostCommand): Command["flags"] => ({ ...command.flags,
  ...(command.gpu !== false && GPU), ...COMMON });

function help(name?: string): string {
  const command = name ? COMMANDS[name] : undefined;
  if (!command) {
    const rows = Object.entries(COMMANDS).map(([n, c]) => `  ${n.padEnd(9)} ${c.summary}`);
    return ["usage: purigrad COMMAND [FLAGS]", "", ...rows, "", "purigrad COMMAND --help lists a command's flags."]
      .join("\n");
  }
  const rows = Object.entries(flagsOf(command)).map(([n, f]) =>
    `  --${(n + (f.type === "string" ? " X" : "")).padEnd(12)} ${f.help}`
  );
  return [`purigrad ${name}${command.positionals ? ` ${command.positionals}` : ""}: ${command.summary}`, "", ...rows]
    .join("\n");
}

type Given = Pick<HostContext, "flags" | "positionals">;

function readFlags(name: string, command: Command | HostCommand, argv: string[]): Given {
  const options: Flags = Object.fromEntries(
    Object.entries(flagsOf(command)).map(([n, f]) => [n, { type: f.type }]),
  );
  try {
    const { values, positionals } = parseArgs({ args: argv, options, strict: true,
      allowPositionals: command.positionals !== undefined });
    return { flags: values as Given["flags"], positionals };
  } catch (error) {
    const sentence = (error as Error).message.split(/[.\n]/)[0]!;
    throw new UsageError(
      `purigrad ${name}: ${sentence}; its flags are ${Object.keys(options).map((n) => `--${n}`).join(", ")}`,
    );
  }
}

function readSeed(text: unknown): number {
  const seed = Number(text ?? 0);
  if (!Number.isSafeInteger(seed) || seed < 0 || text === "") throw new UsageError(`--seed: "${String(text)}" came, ` +
    `a whole number from 0 was due`);
  return seed;
}

function readAdapter(text: unknown): AdapterWish {
  const wishes = ["auto", "hardware", "software", "embedded"] as const;
  const wish = wishes.find((w) => w === (text ?? "auto"));
  if (!wish) throw new UsageError(`--adapter: "${String(text)}" came, one of ${wishes.join(", ")} was due`);
  return wish;
}

/** Runs a command, on an engine of its own if it needs one. */
async function runOn(name: string, command: Command | HostCommand, context: HostContext): ReturnType<Command["run"]> {
  if (command.gpu === false) return command.run(context);
  const seed = readSeed(context.flags.seed);
  const gpu = await createEngine({ adapter: readAdapter(context.flags.adapter), seed });
  try {
    if (name !== "info") context.say(gpu.adapter.line);
    return await command.run({ ...context, gpu, seed });
  } finally {
    gpu.close();
  }
}

async function runCommand(name: string, command: Command | HostCommand, given: Given): Promise<boolean> {
  const abort = new AbortController();
  const stop = () => abort.abort(new Stopped(`stopped by Ctrl-C; ${command.stopped ?? "nothing was written"}`));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  try {
    const say = (line: string) => void process.stdout.write(line + "\n");
    const { result, ok } = await runOn(name, command, { ...given, signal: abort.signal, say });
    if (given.flags.json) writeFileAtomic(given.flags.json as string, JSON.stringify(result, null, 2) + "\n");
    return ok;
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
}

async function main(argv: string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "help" || name === "--help")
    return process.stdout.write(help(rest[0]) + "\n"), name === undefined ? 2 : 0;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name]! : undefined;
  if (!command) throw new UsageError(`purigrad: there is no command "${name}"; there are ` +
    `${Object.keys(COMMANDS).join(", ")}`);
  const given = readFlags(name, command, rest);
  if (given.flags.help) return process.stdout.write(help(name) + "\n"), 0;
  return (await runCommand(name, command, given)) ? 0 : 1;
}

/** Exit codes: 0 all well, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C. */
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message}\n`);
  if (process.env.PURIGRAD_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = error instanceof UsageError ? 2 : error instanceof Stopped ? 130 : 1;
}
