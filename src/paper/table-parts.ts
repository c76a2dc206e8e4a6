// What the tables of the paper share.

import { DEFENCES } from "../defences/index.ts";
import type { ReportFold, ReportTable } from "../report/page.ts";
import { textTable, type Cell, type Column } from "../report/table.ts";
import { ATTACKS, type AttackName } from "./numbers.ts";

export const best = (label: string): Column => ({ label, best: "highest" });
export const table = (parts: Omit<ReportTable, "kind">): ReportTable => ({ kind: "table", corner: "defence",
  ...parts });
export const inOrder = <T>(rows: readonly T[], name: (row: T) => string): T[] =>
  [...rows].sort((a, b) => orderOf(name(a)) - orderOf(name(b)));
const orderOf = (defence: string): number => DEFENCES.findIndex(({ name }) => name === defence);
export const eachAttack = (cell: (attack: AttackName) => Cell): Cell[] => ATTACKS.map(cell);

export const captioned = (table: ReportTable, intervals = false): string =>
  `${table.caption}\n${textTable({ ...table, corner: "" }, { intervals })}`;

/** Tables that the reader asks for; none of none. */
export const folded = (summary: string, parts: readonly ReportTable[]): ReportFold[] =>
  (parts.length ? [{ kind: "fold", summary, parts }] : []);
