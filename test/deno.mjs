/**
 * `npm run test:deno [-- NAME...]`: the tests of the browser in Deno, whose WebGPU (wgpu and naga) shares nothing with
 * Dawn. Deno comes through npx, pinned; it is no dependency. By hand, not in CI. `node test/deno.mjs` starts one Deno a
 * file, which runs this file again with the path of a bundle.
 */
const DENO = "deno@2.9.6";
/** They fetch cases from the server that the browser tests have. */
const NEEDS_SERVER = ["verify.browser"];

if (globalThis.Deno) {
  const { drive } = await import("./drive.mjs");
  const { passed, failed, skipped, errors } = await drive(() => import(globalThis.Deno.args[0]));
  console.log(`\n@@${JSON.stringify({ passed, failed, skipped, errors })}`);
  globalThis.Deno.exit(0);
}

const { spawnSync } = await import("node:child_process");
const { basename } = await import("node:path");
const { fileURLToPath } = await import("node:url");
const { build } = await import("../build.mjs");

const names = process.argv.slice(2);
const { browserTests } = await build();
const sum = { passed: 0, failed: 0, skipped: 0 };
for (const path of browserTests) {
  const name = basename(path, ".js");
  if (NEEDS_SERVER.includes(name) || (names.length && !names.some((n) => name.includes(n)))) continue;
  const args = ["--yes", DENO, "run", "-A", "--unstable-webgpu", fileURLToPath(import.meta.url), path];
  const { stdout, stderr } = spawnSync("npx", args, { encoding: "utf8", maxBuffer: 2 ** 28 });
  const told = /^@@(.*)$/m.exec(stdout)?.[1];
  const result = told ? JSON.parse(told) : { passed: 0, failed: 1, skipped: 0, errors: [stderr.trim().slice(-2000)] };
  for (const key of Object.keys(sum)) sum[key] += result[key];
  console.log(`${result.failed ? "FAIL" : "ok  "} deno ${name}: ${result.passed} passed, ${result.failed} failed`);
  if (result.failed) console.log(result.errors.join("\n"));
}
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exit(sum.failed || !sum.passed ? 1 : 0);
