/**
 * Runs one bundled uvu test file and counts, in Node (`node test/drive.mjs FILE`, forked by run.mjs) and in a page
 * (imported by browser.mjs). uvu's own runner exits 0 when a file forgets `.run()` and hides an error of a `before`
 * hook, so the queue that uvu fills under UVU_DEFER is run here.
 */

/**
 * Loads a file with `load` and runs its suites. `progress` gets the sum so far: {passed, failed, skipped, errors,
 * done}.
 */
export async function drive(load, progress = () => {}) {
  const suites = [];
  Object.assign(globalThis, { UVU_DEFER: true, UVU_INDEX: 0, UVU_QUEUE: [suites] });
  const sum = { passed: 0, failed: 0, skipped: 0, errors: [], done: false };
  await load();
  for (const run of suites) {
    const [errors, passed, skipped, total] = await run();
    sum.passed += passed;
    sum.failed += total - passed;
    sum.skipped += skipped;
    if (typeof errors === "string") sum.errors.push(errors.trimEnd());
    else if (passed < total) sum.errors.push(`  ${total - passed} of ${total} tests did not run: a hook of their ` +
      `suite threw`);
    progress(sum);
  }
  if (sum.passed + sum.failed + sum.skipped === 0) {
    sum.failed = 1;
    sum.errors.push("  no test ran: does the file call test.run()?");
  }
  return { ...sum, done: true };
}

if (globalThis.process?.send) {
  const sum = await drive(() => import(process.argv[2]), (soFar) => process.send(soFar));
  process.send(sum, () => process.exit(0)); // whatever the tests left open must not hold the process
}
