// Cases of `purigrad verify` pass in a browser too; the page fetches them.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine } from "../src/index.ts";
import { verify, type ReadCase } from "../src/verify/verify.ts";

const fetched: ReadCase = async (path) => {
  const response = await fetch(`/cases/${path}`);
  return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
};

const verifying = suite("verify");

verifying("every third bundled case passes; Node runs all of them", async () => {
  const gpu = await createEngine();
  let cases = 0;
  const report = await verify(gpu, fetched, { only: () => cases++ % 3 === 0 });
  gpu.close();
  assert.equal(report.cases.filter((c) => c.status === "fail").map((c) => `${c.id}: ${c.message}`), []);
  assert.is(report.unsupported, 0);
  assert.ok(cases > 120 && report.passed >= cases / 3, `${report.passed} of ${cases} passed`);
});

verifying.run();
