// A process of close.test.ts: opens engines, queues work and ends in the way that argv says.
import { createEngine, exp } from "../dist/index.js";

const [ending, adapter, rounds] = [process.argv[2], process.argv[3], Number(process.argv[4])];
/** Some ms a call of a kernel that compiles at once: most endings are to come while it runs. */
const work = (gpu, times = 20) => {
  const a = gpu.full([2 ** 18], 0.5);
  for (let i = 0; i < times; i++) exp(a);
  gpu.flush();
  return a;
};

const ENDINGS = {
  /** Closed while the queue is busy, again and again. */
  async close() {
    for (let i = 0; i < rounds; i++) {
      const gpu = await createEngine({ adapter });
      work(gpu);
      gpu.close();
    }
  },
  /** Closed while somebody waits for a result. */
  async waiting() {
    for (let i = 0; i < rounds; i++) {
      const gpu = await createEngine({ adapter });
      const read = work(gpu).data().then(() => null, (error) => error.message);
      gpu.close();
      const said = await read;
      if (said !== null && !/closed|lost/.test(said)) throw new Error(said);
    }
  },
  /** Two engines of one instance, closed in either order. */
  async two() {
    for (let i = 0; i < rounds; i++) {
      const engines = [await createEngine({ adapter }), await createEngine({ adapter })];
      engines.forEach((gpu) => work(gpu, 5));
      if (i % 2) engines.reverse();
      engines.forEach((gpu) => gpu.close());
    }
  },
  /** Never closed: the process ends by itself. */
  async open() {
    work(await createEngine({ adapter }));
  },
  /** process.exit() while the queue is busy. */
  async exit() {
    work(await createEngine({ adapter }), 200);
    process.exit(0);
  },
  /** Exit right after a result has come. */
  async read() {
    const gpu = await createEngine({ adapter });
    await work(gpu).data();
    gpu.close();
    process.exit(0);
  },
};
await ENDINGS[ending]();
