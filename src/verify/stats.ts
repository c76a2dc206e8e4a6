// The cases of stats.json: intervals of shares and the exact McNemar test, computed on the host in float64.

import { clopperPearson, mcnemar, wilson } from "../evaluate/stats.ts";
import { Unsupported, readJson, relativeError, type Case, type Check, type ReadCase } from "./case.ts";

const LIMIT = 1e-9; // both sides are float64

interface Share {
  k: number;
  n: number;
  level: number;
  clopper_pearson?: number[];
  wilson?: number[];
}

function shareChecks(entry: Share): Check[] {
  const { k, n, level } = entry;
  const due = { clopper_pearson: clopperPearson, wilson } as const;
  const known = Object.entries(due).filter(([name]) => name in entry);
  if (known.length === 0) throw new Unsupported(`no interval of ${Object.keys(entry).join(", ")} is known`);
  return known.map(([name, interval]) => ({ what: name,
    error: relativeError(interval(k, n, level), entry[name as keyof typeof due]!), limit: LIMIT })
  );
}

const LISTS: Record<string, { name: (entry: never) => string; checks: (entry: never) => Check[] }> = {
  binomial_ci: { name: ({ k, n, level }: Share) => `k${k}-n${n}-${level}`, checks: shareChecks },
  mcnemar: {
    name: ({ b, c }: { b: number; c: number; }) => `b${b}-c${c}`,
    checks: (
      { b, c, exact_mcnemar_p: due }: { b: number; c: number; exact_mcnemar_p: number; },
    ) => [{ what: "p", error: relativeError([mcnemar(b, c)], [due]), limit: LIMIT }],
  },
};

/** All cases of stats.json. */
export async function statsCases(read: ReadCase): Promise<Case[]> {
  const stored = (await readJson(read, "stats.json")) ?? {};
  return Object.entries(stored).flatMap(([list, entries]) => {
    if (!Array.isArray(entries)) return [];
    const known = LISTS[list];
    return entries.map((entry, i) => ({
      id: `stats/${list}/${known ? known.name(entry as never) : i}`, op: list,
      async run() {
        if (!known) throw new Unsupported(`no statistic ${list} is known`);
        return known.checks(entry as never);
      },
    }));
  });
}
