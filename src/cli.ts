#!/usr/bin/env node
// The command `purigrad`: finds the command, reads its flags, opens the engine, and turns every failure into one
// sentence and a non-zero exit.

import { parseArgs, type ParseArgsConfig } from "node:util";
import type { AdapterWish } from "./engine/device/adapter.ts";
import { createEngine } from "./engine/create.ts";
import { writeFileAtomic } from "./data/files.ts";
import { attack } from "./cli/attack.ts";
import type { Command, Context } from "./cli/command.ts";
import { evaluate } from "./cli/evaluate.ts";
import { info } from "./cli/info.ts";
import { reproduce } from "./cli/reproduce.ts";
import { start } from "./cli/start.ts";
import { train } from "./cli/train.ts";
import { tune } from "./cli/tune.ts";
import { verify } from "./cli/verify.ts";

type Flags = NonNullable<ParseArgsConfig["options"]>;

const COMMANDS: Record<string, Command> = { start, reproduce, train, evaluate, attack, info, tune, verify };

const COMMON: Command["flags"] = {
  adapter: { type: "string", help: "auto, hardware, software or embedded (default auto)" },
  seed: { type: "string", help: "a whole number (default 0)" },
  json: { type: "string", help: "also write the result to this file" },
  help: { type: "boolean", help: "this text" },
};

class UsageError extends Error {}

class Stopped extends Error {}

function help(name?: string): string {
  const command = name ? COMMANDS[name] : undefined;
  if (!command) {
    const rows = Object.entries(COMMANDS).map(([n, c]) => `  ${n.padEnd(9)} ${c.summary}`);
    return ["usage: purigrad COMMAND [FLAGS]", "", ...rows, "", "purigrad COMMAND --help lists a command's flags."]
      .join("\n");
  }
  const rows = Object.entries({ ...command.flags, ...COMMON }).map(([n, f]) =>
    `  --${(n + (f.type === "string" ? " X" : "")).padEnd(12)} ${f.help}`
  );
  return [`purigrad ${name}${command.positionals ? ` ${command.positionals}` : ""}: ${command.summary}`, "", ...rows]
    .join("\n");
}

function readFlags(name: string, command: Command, argv: string[]): Pick<Context, "flags" | "positionals"> {
  const options: Flags = Object.fromEntries(
    Object.entries({ ...command.flags, ...COMMON }).map(([n, f]) => [n, { type: f.type }]),
  );
  try {
    const { values, positionals } = parseArgs({ args: argv, options, strict: true,
      allowPositionals: command.positionals !== undefined });
    return { flags: values as Context["flags"], positionals };
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

async function runCommand(name: string, command: Command,
  { flags, positionals }: Pick<Context, "flags" | "positionals">): Promise<boolean> {
  const seed = readSeed(flags.seed);
  const abort = new AbortController();
  const stop = () => abort.abort(new Stopped(`stopped by Ctrl-C; ${command.stopped ?? "nothing was written"}`));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const gpu = await createEngine({ adapter: readAdapter(flags.adapter), seed });
  try {
    const say = (line: string) => void process.stdout.write(line + "\n");
    if (name !== "info") say(gpu.adapter.line);
    const { result, ok } = await command.run({ gpu, flags, positionals, seed, signal: abort.signal, say });
    if (flags.json) writeFileAtomic(flags.json as string, JSON.stringify(result, null, 2) + "\n");
    return ok;
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    gpu.close();
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
