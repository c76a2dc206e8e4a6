import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "./command.ts";
import { readMnistPart } from "../data/mnist.ts";
import { howToGet, shipped } from "../engine/device/shipped.node.ts";
import { readerCases } from "./verify-readers.ts";
import { verify as runVerify, type CaseResult, type ReadCase } from "../verify/verify.ts";

/** A file of the folder as bytes; null where it is not there. */
const reader = (folder: string): ReadCase => async (path) => {
  const file = join(folder, path);
  return existsSync(file) ? new Uint8Array(await readFile(file)) : null;
};

const number = (v: number | null): string => (v === null ? "-" : v === 0 ? "0" : v.toExponential(1));

function printed({ id, op, status, worst, limit, message }: CaseResult): string {
  const figures = `${number(worst).padStart(8)} ${number(limit).padStart(8)}`;
  return `${status.padEnd(11)} ${op.padEnd(18)} ${id.padEnd(46)} ${figures}${message ? `  ${message}` : ""}`;
}

export const verify: Command = {
  summary: "does this GPU and driver compute every op right, forward and backward?",
  flags: { cases: { type: "string", help: "folder of reference cases (default: those of purigrad-assets)" },
    only: { type: "string", help: "only cases whose name contains this" } },
  async run({ open, flags, signal, say }) {
    const given = flags.cases as string | undefined;
    if (given !== undefined && !existsSync(given)) throw new Error(`verify: there is no folder ${given}; give one ` +
      `with reference cases, or leave --cases out`);
    const folder = given ?? shipped("cases");
    if (!folder) say(`purigrad computes the references itself, there are none of PyTorch here: ${howToGet("cases")}`);
    const part = (flags.only as string | undefined) ?? "";
    const gpu = await open();
    say(`${"status".padEnd(11)} ${"op".padEnd(18)} ${"case".padEnd(46)} ${"worst".padStart(8)} ${"limit".padStart(8)}`);
    const result = await runVerify(gpu, folder ? reader(folder) : null, { computed: given === undefined,
      more: given === undefined ? readerCases() : [],
      only: (id) => id.includes(part), images: () => readMnistPart("test"), onCase: (c) => say(printed(c)), signal });
    if (result.cases.length === 0) throw new Error(`--only: no case has "${part}" in its name`);
    say(`${result.passed} passed, ${result.failed} failed, ${result.unsupported} unsupported on ${result.adapter}`);
    return { result, ok: result.failed === 0 && result.passed > 0 };
  },
};
