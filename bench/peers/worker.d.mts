// Types of worker.mjs for purigrad's own worker.

import type { Case } from "../cases.ts";

export interface Job {
  stateful?: boolean;
  call(): unknown;
  sync(): Promise<unknown>;
  read(): Promise<Iterable<number>>;
  drop(): unknown;
}

export function sample16(values: ArrayLike<number>): number[];
export function serve(engine: { engine: string; version: string; adapter: string; },
  make: (request: Case) => Job | { unsupported: string; }): Promise<never>;
