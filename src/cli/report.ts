// `purigrad report DIR...`: the pages of folders that are there, made again; nothing is trained or measured.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { readJsonOr, writeFileAtomic } from "../data/files.ts";
import type { Audit } from "../evaluate/audit/audit.ts";
import type { AuditIdentity } from "../evaluate/audit/part.ts";
import { redraw } from "../paper/redraw.ts";
import { writeReport } from "../paper/reproduce.ts";
import type { Results } from "../paper/results.ts";
import { auditPage } from "./audit-page.ts";
import { outOf, type Command, type Context } from "./command.ts";

/** The results of a folder; throws one sentence where they are none. */
function resultsOf(dir: string): Results {
  const file = join(dir, "results.json");
  const results = readJsonOr(file, "the results") as Partial<Results> | null;
  if (!results?.settings || !results.durations) throw new Error(`${file}: it is no result file; give a folder that ` +
    `reproduce or start wrote`);
  return results as Results;
}

/** The page of an audit from its audit.json. */
function auditReport(dir: string, out: string): string {
  const { identity, commit, audit } = readJsonOr(join(dir, "audit.json"), "the audit") as {
    identity?: AuditIdentity; commit?: string; audit?: Audit };
  if (!identity || !audit) throw new Error(`${join(dir, "audit.json")}: it is no audit; give a folder that audit or ` +
    `merge wrote`);
  writeFileAtomic(join(out, "audit.html"), auditPage(audit, identity, commit ?? "unknown"));
  return join(out, "audit.html");
}

async function reportOf(dir: string, out: string, { flags, open, ...o }: Context): Promise<string> {
  if (existsSync(join(dir, "audit.json"))) return auditReport(dir, out);
  const results = resultsOf(dir);
  if (flags.redraw) await redraw(await open(), dir, results, { ...o, data: flags.data as string | undefined });
  writeReport(dir, results, out);
  return join(out, "report.html");
}

export const report: Command = {
  summary: "write the page of a folder again from its results.json or audit.json; trains and measures nothing",
  positionals: "DIR...",
  flags: {
    out: { type: "string", help: "folder to write the page into (default: the one it is of)" },
    redraw: { type: "boolean", help: "first draw the figures again from DIR/weights (needs a GPU or its software)" },
    data: { type: "string", help: "folder with the dataset's files, for --redraw" },
  },
  async run(context) {
    const { flags, positionals, say } = context;
    if (positionals.length === 0) throw new Error("report: no folder came; give one that reproduce, start or audit " +
      "wrote");
    if (flags.out !== undefined && positionals.length > 1) throw new Error(`report: --out and ` +
      `${positionals.length} folders came; give one folder, or leave --out out`);
    const written: string[] = [];
    for (const dir of positionals) {
      written.push(await reportOf(dir, outOf(flags, dir), context));
      say(`wrote ${written.at(-1)}`);
    }
    return { result: { written }, ok: true };
  },
};
