// The list of mutants cannot rot: the text of each stands in its file, once, and its tests are there.

import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const mutants = suite("mutants");

mutants("every mutant of the list can be applied", () => {
  const { status, stdout } = spawnSync(process.execPath, ["test/mutants/run.mjs", "--check"], { encoding: "utf8" });
  assert.match(stdout, /^\d{3,} mutants, 0 cannot be applied\n$/);
  assert.is(status, 0);
});

mutants.run();
