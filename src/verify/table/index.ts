// The op table: one line a family.

import type { OpRow, WrongRow } from "./table.ts";
import * as binary from "./binary.ts";
import * as conv from "./conv.ts";
import * as filters from "./filters.ts";
import * as images from "./images.ts";
import * as layout from "./layout.ts";
import * as pointwise from "./pointwise.ts";
import * as reduce from "./reduce.ts";
import * as losses from "./losses.ts";
import * as matmul from "./matmul.ts";
import * as paper from "./paper.ts";
import * as pooling from "./pooling.ts";
import * as special from "./special.ts";
import * as order from "./order.ts";
import * as products from "./products.ts";
import * as shapes from "./shapes.ts";
import * as statistics from "./statistics.ts";

const families: { rows: OpRow[]; wrong?: WrongRow[] }[] = [
  binary,
  conv,
  filters,
  images,
  layout,
  pointwise,
  reduce,
  losses,
  matmul,
  paper,
  pooling,
  special,
  order,
  products,
  shapes,
  statistics,
];

export const rows: OpRow[] = families.flatMap((f) => f.rows);
export const wrong: WrongRow[] = families.flatMap((f) => f.wrong ?? []);
