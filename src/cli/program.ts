// The command line as commander reads it: flags and help come from the commands themselves.

import { Command as Program, CommanderError } from "commander";
import { version } from "../train/commit.ts";
import type { Command, HostCommand, HostContext } from "./command.ts";

export type Given = Pick<HostContext, "flags" | "positionals">;

type Run = (command: Command | HostCommand, given: Given) => Promise<void>;

const GPU: Command["flags"] = {
  adapter: { type: "string", help: "auto, hardware, software or embedded (default auto)" },
  seed: { type: "string", help: "a whole number up to 2^53 - 1 (default 0)" },
  precision: { type: "string", help: "f32, or f16 for operands of products and convolutions (default f32)" },
};
const COMMON: Command["flags"] = {
  json: { type: "string", help: "also write the result to this file; - is standard output" },
  quiet: { type: "boolean", help: "say nothing but errors" },
};

const flagsOf = (command: Command | HostCommand): Command["flags"] =>
  ({ ...command.flags, ...(command.gpu !== false && GPU), ...COMMON });

/** A program that throws a CommanderError of one sentence in the place of printing it and leaving. */
function program(name: string, label: string, help: string): Program {
  return new Program(name).helpOption("-h, --help", "this text").configureOutput({ writeErr: () => undefined })
    .exitOverride(({ exitCode, code, message }) => {
      const text = message.replace(/^error: /, "").replace(/\n\((.*)\)$/, " ($1)");
      throw new CommanderError(exitCode, code, `${label}: ${text}; ${help}`);
    });
}

function subprogram(name: string, command: Command | HostCommand, run: Run): Program {
  const sub = program(name, `purigrad ${name}`, `purigrad ${name} --help lists its flags`).description(command.summary)
    .usage(`[flags]${command.positionals ? ` ${command.positionals}` : ""}`)
    .allowExcessArguments(command.positionals !== undefined);
  for (const [flag, { type, help }] of Object.entries(flagsOf(command)))
    sub.option(`--${flag}${type === "string" ? " <x>" : ""}`, help);
  const flags = () => Object.fromEntries(
    sub.options.map((option) => [option.long!.slice("--".length), sub.getOptionValue(option.attributeName())]),
  ) as Given["flags"];
  return sub.action(() => run(command, { flags: flags(), positionals: sub.args }));
}

/** The whole command line; `run` gets the command that was named. */
export function programOf(commands: Record<string, Command | HostCommand>, run: Run): Program {
  const all = program("purigrad", "purigrad", "purigrad --help lists the commands").version(version(), "-V, --version")
    .description("A minimal WebGPU autodiff engine, and on it the C-VAE defence against adversarial examples.")
    .usage("COMMAND [flags]");
  for (const [name, command] of Object.entries(commands)) all.addCommand(subprogram(name, command, run));
  return all;
}
