/**
 * `npm run mutants`: does anybody notice a broken line? Applies the one-line mutations of list.mjs to copies of the
 * project, one at a time, and runs against each `purigrad verify`, first the cases that its file is likely to break,
 * and where that notices nothing, the tests that cover the file. Prints who noticed, and who survived. By hand, not in
 * CI: a mutant takes some seconds, half a minute where verify does not notice it.
 *
 *   --lines TEXT   in the place of the list a mutant for every line of the shaders and sources whose paths have TEXT
 *   --check        only looks whether the text of each mutant stands in its file exactly once
 *   --only TEXT    only mutants whose name or file has TEXT in it
 *   --jobs N       so many side by side, each in a copy of its own; 1 by default
 *   --verify       leaves the tests out
 *   --likely       runs the cases that the file is likely to break, and nothing else
 *   --cases TEXT   leaves out what of verify does not have TEXT in its name
 *   --json FILE    writes the results there after each mutant
 *   --again FILE   leaves out what verify noticed in an earlier --json, and what makes no difference
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { likelyCases } from "./likely.mjs";
import { MUTANTS } from "./list.mjs";
import { mechanical } from "./mechanical.mjs";
import { filesOf, Project, root } from "./project.mjs";

const text = { type: "string" };
const { values: flags } = parseArgs({ options: { check: { type: "boolean" }, verify: { type: "boolean" },
  likely: { type: "boolean" },
  only: text, lines: text, jobs: text, cases: text, json: text, again: text } });

/** A mutant of the list as an object. */
const named = ([name, file, find, replace, { tests = ["ops.both"], same, likely = likelyCases(file) } = {}]) =>
  ({ name, file, find, replace, tests, same, likely });

/** Why mutants cannot be applied or judged, a line each. */
function misfits(mutants) {
  const names = mutants.map(({ name }) => name);
  const files = readdirSync(join(root, "test")).filter((file) => /\.(test|both)\.ts$/.test(file));
  return mutants.flatMap(({ name, file, find, tests }, i) => {
    const times = readFileSync(join(root, file), "utf8").split(find).length - 1;
    const missing = tests.filter((test) => !files.some((path) => path.includes(test)));
    return [...(names.indexOf(name) === i ? [] : ["the name is taken"]),
      ...(times === 1 ? [] : [`its text stands ${times} times in ${file}`]),
      ...(missing.length ? [`there is no test ${missing.join(", ")}`] : [])].map((why) => `${name}: ${why}`);
  });
}

/** The likely cases first, then all, or only those that are asked for. */
async function byVerify(project, likely) {
  const first = !flags.cases && likely ? await project.verify(likely) : null;
  return first ?? (flags.likely && likely ? null : project.verify(flags.cases));
}

/** Who noticed: "build", "verify" or "tests"; "same" or null where nobody did; and what they said. */
async function ask(project, { likely, tests, same }) {
  if (!await project.build("cli")) return { noticed: "build", by: "the build" };
  const verify = await byVerify(project, likely);
  if (verify) return { noticed: "verify", by: verify };
  if (flags.verify || flags.likely || same) return { noticed: same ? "same" : null, by: same ?? "nobody" };
  const failed = await project.tests(tests);
  return failed ? { noticed: "tests", by: failed } : { noticed: null, by: "nobody" };
}

/** A driver that is gone crashes without a mutant, too. */
async function refuseCrash(project, { likely }) {
  const failed = await project.build("cli") ? await project.verify(flags.cases ?? likely) : "no build";
  if (failed) throw new Error(`verify fails without a mutant: ${failed}`);
}

/** What tests say of the project as it is, by their names: one that fails then notices nothing. */
const unchanged = new Map();

async function judge(project, mutant) {
  const { file, find, replace } = mutant;
  const found = await project.with(file, (source) => source.replace(find, () => replace), () => ask(project, mutant));
  if (found.by.startsWith("a crash")) await refuseCrash(project, mutant);
  if (found.noticed !== "tests") return found;
  const names = mutant.tests.join(" ");
  if (!unchanged.has(names)) unchanged.set(names, await project.tests(mutant.tests));
  const anyway = unchanged.get(names);
  return anyway ? { noticed: null, by: `nobody; without it too: ${anyway}` } : found;
}

/** Takes mutants until there are none, in a copy of its own. */
async function work(left, results) {
  const project = new Project();
  for (let mutant = left.shift(); mutant; mutant = left.shift()) {
    const { noticed, by } = await judge(project, mutant);
    results.push({ name: mutant.name, file: mutant.file, noticed, by });
    if (flags.json) writeFileSync(flags.json, `${JSON.stringify(results, null, 1)}\n`);
    console.log(`${(noticed ?? "SURVIVED").padEnd(9)} ${mutant.name.padEnd(28)} ${by}`);
  }
  project.remove();
}

function summary(results) {
  const count = (by) => results.filter((r) => r.noticed === by).length;
  return `${results.length} mutants: verify noticed ${count("verify")}, the build ${count("build")}, tests ` +
    `${count("tests")}, ${count("same")} make no difference, ${count(null)} survived`;
}

/** With --again FILE those that nobody or tests noticed then. */
function chosen(mutants) {
  const before = flags.again ? JSON.parse(readFileSync(flags.again, "utf8")) : [];
  const known = new Set(before.filter((r) => r.noticed === "verify" || r.noticed === "same").map((r) => r.name));
  return mutants.filter(({ name, file }) => `${name} ${file}`.includes(flags.only ?? "") && !known.has(name));
}

/** @throws where verify fails without a mutant */
async function tryWithout() {
  const project = new Project();
  const failed = await project.build("cli") ? await project.verify(flags.cases) : "no build";
  project.remove();
  if (failed) throw new Error(`verify fails without a mutant: ${failed}`);
}

const lines = (path) => filesOf().filter((file) => /^(src|shaders)\/.*\.(ts|wgsl)$/.test(file) && file.includes(path))
  .flatMap((file) => mechanical(root, file));
const mutants = (flags.lines === undefined ? MUTANTS : lines(flags.lines)).map(named);
const wrong = misfits(mutants);
wrong.forEach((line) => console.log(line));
if (flags.check || wrong.length) {
  console.log(`${mutants.length} mutants, ${wrong.length} cannot be applied`);
  process.exit(wrong.length ? 1 : 0);
}
const left = chosen(mutants);
const results = [];
if (!flags.likely) await tryWithout();
await Promise.all(Array.from({ length: Math.min(Number(flags.jobs ?? 1), left.length) }, () => work(left, results)));
console.log(summary(results));
process.exit(results.some((r) => r.noticed === null) ? 1 : 0);
