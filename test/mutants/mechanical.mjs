/**
 * Mutants of every line of code of some files, made without thought: an operator turned, a number changed, a bound
 * moved by one. Many make no difference (a guard that never bites, a tile that only costs time): what survives is to be
 * looked at.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What is found in a line, and what takes its place. */
const TURNS = [
  [/ \+ /, " - "], [/ - /, " + "], [/ \* /, " / "], [/ \/ /, " * "], [/ % /, " / "],
  [/ < /, " <= "], [/ <= /, " < "], [/ > /, " >= "], [/ >= /, " > "], [/ ===? /, " != "], [/ !==? /, " == "],
  [/ && /, " || "], [/ \|\| /, " && "], [/ \+= /, " -= "], [/ -= /, " += "],
  [/\bmin\(/, "max("], [/\bmax\(/, "min("], [/\bMath\.floor\(/, "Math.ceil("], [/\bMath\.ceil\(/, "Math.floor("],
  [/\bminimum\(/, "maximum("], [/\bmaximum\(/, "minimum("], [/\badd\(/, "sub("], [/\bsub\(/, "add("],
  [/\bmul\(/, "div("], [/\bdiv\(/, "mul("], [/\blt\(/, "le("], [/\ble\(/, "lt("], [/\bgt\(/, "ge("],
  [/\bge\(/, "gt("], [/\bdim: 1\b/, "dim: 0"], [/\btrue\b/, "false"], [/\bfalse\b/, "true"],
  [/(?<![\w.])(\d+)(?=u?\b(?!\.))/, (n) => String(Number(n) + 1)], [/(?<![\w.])(\d+\.\d+)/, (n) => `${n}1`],
  [/\?\? /, "&& "], [/\.x\b/, ".y"], [/\.y\b/, ".x"], [/, -/, ", "], [/return -/, "return "],
];

/** Lines that say nothing that runs. */
const SILENT = new RegExp(String.raw`^\s*(//|\*|/\*|import |export \{|export type|export interface|@group|@compute|` +
  String.raw`struct |const WG\b|fn |\}|readonly )|fail\(|throw |Error\(`);

/** The same number for the same text in every run. */
const hash = (text) => createHash("sha256").update(text).digest().readUInt32LE(0);

/** One mutant for each line of a file that can be turned, as in list.mjs. The text that is found is the whole line. */
export function mechanical(root, file) {
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  return lines.flatMap((line, i) => {
    const code = line.replace(/\s\/\/.*$/, "");
    const turns = TURNS.filter(([pattern]) => pattern.test(code));
    const alone = lines.filter((other) => other.includes(line)).length === 1;
    if (SILENT.test(line) || turns.length === 0 || !alone) return [];
    const [pattern, turned] = turns[hash(line) % turns.length];
    return [[`${file}:${i + 1}`, file, line, line.replace(pattern, turned)]];
  });
}
