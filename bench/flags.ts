// Flags as the bench commands read them: every wrong one is one sentence.

import { parseArgs } from "node:util";

export { readAdapter, readPrecision } from "../src/cli/engine-flags.ts";

/** The values of flags that each take a text. Throws `bench: Unknown option '--x'; its flags are --a, --b`. */
export function readFlags<Name extends string>(command: string, names: readonly Name[],
  args?: string[]): Partial<Record<Name, string>> {
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
    return parseArgs({ args, options, strict: true }).values as Partial<Record<Name, string>>;
  } catch (error) {
    throw new Error(
      `${command}: ${(error as Error).message.split(/[.\n]/)[0]}; its flags are ${
        names.map((n) => `--${n}`).join(", ")
      }`,
    );
  }
}

/** A whole number from 1. */
export function readCount(name: string, text: string | undefined, fallback: number): number {
  const count = Number(text ?? fallback);
  if (!Number.isInteger(count) || count < 1) throw new Error(`--${name}: "${text}" came, a whole number from 1 was ` +
    `due`);
  return count;
}

/** Runs a command; what goes wrong is one sentence and exit code 1. */
export async function runCommand(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
