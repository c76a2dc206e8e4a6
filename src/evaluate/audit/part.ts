// Parts of an audit as data: some blocks, and what must be equal for parts to be joined.

import { summarise, type Audit } from "./audit.ts";
import { blocksOf, type BlockResult, type OpenBlock } from "./block.ts";
import type { AuditSettings } from "./options.ts";

/** What an audit depends on. */
export interface AuditIdentity {
  title: string;
  dataset: string;
  weights: string;
  defence: string;
  /** Number of images. */
  images: number;
  /** Their places in the test set. */
  places: readonly number[];
  adapter: string;
  settings: AuditSettings;
}

export interface AuditPart {
  kind: "purigrad audit part";
  identity: AuditIdentity;
  /** Of the code that made it. */
  commit: string;
  blocks: BlockResult[];
  /** The block that it is at, with what it has of it; absent between blocks. */
  open?: OpenBlock;
}

export const partOf = (identity: AuditIdentity, commit: string, blocks: BlockResult[],
  open?: OpenBlock): AuditPart => ({ kind: "purigrad audit part", identity, commit, blocks, ...(open && { open }) });

/** A part from JSON; throws one sentence that names `file` where it is none. */
export function readPart(value: unknown, file: string): AuditPart {
  const part = value as Partial<AuditPart> | null;
  if (part?.kind !== "purigrad audit part" || !part.identity || !Array.isArray(part.blocks))
    throw new Error(`${file}: it is no part of an audit; give files that purigrad audit --shard wrote`);
  return part as AuditPart;
}

/** Throws one sentence where two parts are of different audits. */
export function checkSame(file: string, a: AuditIdentity, b: AuditIdentity): void {
  const other = (Object.keys(a) as (keyof AuditIdentity)[]).find((k) => JSON.stringify(a[k]) !== JSON.stringify(b[k]));
  const short = (v: unknown): string => (JSON.stringify(v) ?? "not there").replace(/^(.{160}).+$/, "$1..");
  if (other) throw new Error(`${file}: ${other} is ${short(b[other])}, ${short(a[other])} was due; join parts of one ` +
    `audit`);
}

/** The audit of all blocks; throws one sentence that names what is missing. */
export function joinParts(parts: readonly { file: string; part: AuditPart }[]): Audit {
  const first = parts[0];
  if (!first) throw new Error("audit: no parts came; give the files that purigrad audit --shard wrote");
  const { identity } = first.part;
  for (const { file, part } of parts) checkSame(file, identity, part.identity);
  const blocks = parts.flatMap(({ part }) => part.blocks);
  const due = blocksOf(identity.images, identity.settings.batch).length;
  const missing = Array.from({ length: due }, (_, b) => b).filter((b) => !blocks.some(({ block }) => block === b));
  if (missing.length) throw new Error(`audit: of ${due} blocks ${missing.map((b) => b + 1).join(", ")} ` +
    `${missing.length === 1 ? "is" : "are"} missing; run their shards to the end and join all of them`);
  return summarise(identity.title, identity.settings, blocks);
}
