// What a command of `purigrad` is, and what it gets.

import type { Engine } from "../engine/engine.ts";

/** What a command gets: its engine, its flags, and the ways to speak. */
export interface Context {
  gpu: Engine;
  flags: Record<string, string | boolean | undefined>;
  /** Words that are no flags, for a command that takes them. */
  positionals: string[];
  seed: number;
  signal: AbortSignal;
  /** One line on standard output. */
  say: (line: string) => void;
}

export interface Command {
  summary: string;
  /** What its words besides flags are, as in "PART.."; without it there may be none. */
  positionals?: string;
  /** Flags besides the common ones, each with its help text. */
  flags: Record<string, { type: "string" | "boolean"; help: string }>;
  /** What a stop by Ctrl-C leaves, to be said then; nothing by default. */
  stopped?: string;
  /** Returns what --json writes, and whether all went well. */
  run(context: Context): Promise<{ result: unknown; ok: boolean }>;
}
