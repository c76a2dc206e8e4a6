// What a command of `purigrad` is, and what it gets.

import { checkFolder } from "../data/files.ts";
import type { Engine } from "../engine/engine.ts";
import type { Begin } from "../report/progress.ts";

/** What every command gets: its flags, and the ways to speak. */
export interface HostContext {
  flags: Record<string, string | boolean | undefined>;
  /** Words that are no flags, for a command that takes them. */
  positionals: string[];
  signal: AbortSignal;
  /** One line on standard output. */
  say: (line: string) => void;
  /** Shows how far long work is. */
  progress: Begin;
}

/** What a command that computes gets. */
export interface Context extends HostContext {
  /** Opens the engine, which the command's end closes. To be called when flags and files have been checked. */
  open(): Promise<Engine>;
  seed: number;
}

interface About {
  summary: string;
  /** What its words besides flags are, as in "[PART...]"; without it there may be none. */
  positionals?: string;
  /** Flags besides the common ones, each with its help text. */
  flags: Record<string, { type: "string" | "boolean"; help: string }>;
  /** What a stop leaves, to be said then; nothing by default. */
  stopped?: string;
}

/** What --json writes, and whether all went well. */
type Outcome = Promise<{ result: unknown; ok: boolean }>;

export interface Command extends About {
  gpu?: true;
  run(context: Context): Outcome;
}

/** A command that needs no GPU: none is looked for, and --adapter and --seed are no flags of its. */
export interface HostCommand extends About {
  gpu: false;
  run(context: HostContext): Outcome;
}

/** The folder that --out names, or `fallback`. Throws one sentence where nothing can be written into it. */
export function outOf(flags: HostContext["flags"], fallback: string): string {
  const out = (flags.out as string | undefined) ?? fallback;
  checkFolder(out, "--out");
  return out;
}
