/** Progress on a terminal and in a log, on a clock of our own. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Overall, type Phase } from "../src/report/overall.ts";
import { duration, progressOn } from "../src/report/progress.ts";

const test = suite("progress");

/** A stream and a clock of our own. */
function terminal(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  const clock = { ms: 0 };
  const stream = { isTTY, columns, write: (text: string) => written.push(text) };
  return { written, clock, stream, now: () => clock.ms };
}

test("without a TTY: plain lines about every ten seconds, then the time", () => {
  const { written, clock, stream, now } = terminal(false);
  const line = progressOn(stream, "train", 100, {}, now);
  for (let i = 0; i < 100; i++, clock.ms += 250) line.tick(1, `loss ${100 - i}`);
  line.done();
  line.done();
  assert.equal(written, [
    "train: 9 %, 23 s left, loss 92\n",
    "train: 49 %, 13 s left, loss 52\n",
    "train: 89 %, 3 s left, loss 12\n",
    "train: done in 25 s, loss 1\n",
  ]);
});

test("on a TTY: one line in place, not wider than the terminal, at most ten a second", () => {
  const { written, clock, stream, now } = terminal(true, 24);
  const line = progressOn(stream, "attack", 1000, {}, now);
  for (let i = 0; i < 1000; i++, clock.ms += 10) line.tick(1, "a note that is far too long");
  assert.ok(written.length > 50 && written.length <= 101, `${written.length} redraws`);
  assert.ok(written.every((text) => text.startsWith("\r\x1b[K") && text.length <= 4 + 23 && !text.includes("\n")));
  line.stop();
  assert.equal(written.slice(-2), ["\r\x1b[K", "attack: stopped at 100 % after 10 s, a note that is far too long\n"]);
});

test("the pace leaves out what came before the first tick, and what was done before", () => {
  const { written, clock, stream, now } = terminal(false);
  const line = progressOn(stream, "attack", 111, { done: 100 }, now);
  clock.ms = 60_000; // compiling
  line.tick();
  clock.ms = 71_000;
  line.tick();
  assert.equal(written, ["attack: 90 %\n", "attack: 91 %, 1 min 39 s left\n"]);
});

const PHASES: Phase[] = [{ name: "train VAE", kind: "purifier", cost: 100 },
  { name: "table1", kind: "attack", cost: 50, bars: 2 }, { name: "figure4", title: "figure 4", kind: "attack", cost: 10,
    bars: 0 }, { name: "train VAE", kind: "purifier", cost: 40 }];

test("over the whole: which phase of how many, what all that is left takes, without compiling", async () => {
  const { written, clock, stream, now } = terminal(false);
  const overall = new Overall(PHASES, (label, total, options) => progressOn(stream, label, total, options, now), now);
  const bar = overall.begin("train VAE", 10);
  clock.ms = 600_000; // compiling
  bar.tick();
  clock.ms += 10_000;
  bar.tick(1, "loss 3");
  // 10 s for a tenth of a cost of 100: a second each, of 80 + 50 + 10 + 40
  assert.equal(written, ["phase 1 of 4, train VAE: 10 %\n",
    "phase 1 of 4, train VAE: 20 %, 3 min 00 s left in all, loss 3\n"]);
  clock.ms += 80_000;
  bar.tick(8);
  bar.done();
  bar.stop();
  assert.is(overall.left(), 100_000);
  await overall.during("table1", async () => {
    const [first, second] = [overall.begin("BPDA", 2), overall.begin("attacks", 2)];
    first.tick();
    assert.is(overall.left(), 87_500, "a quarter of the cost of 50 is done, at the pace of the others");
    clock.ms += 2 * 12_500;
    first.tick();
    assert.is(overall.left(), 50_000 + 20_000 + 40_000, "attacks take 2 s a unit, training one");
    first.done();
    clock.ms += 50_000;
    second.tick(2);
    second.done();
  });
  const seen = await overall.during("figure4", async () => overall.left());
  assert.is(seen, 10 * 2000 + 40_000);
  const last = overall.begin("train VAE", 4);
  clock.ms += 20_000;
  last.tick(4);
  last.done();
  assert.match(written.at(-1)!, /^phase 4 of 4, train VAE: done in 20 s/);
  assert.is(overall.left(), 0);
});

test("over the whole: nothing is promised before anything is measured, and work outside of the plan is shown", () => {
  const { written, clock, stream, now } = terminal(true);
  const overall = new Overall(PHASES, (label, total, options) => progressOn(stream, label, total, options, now), now);
  overall.begin("tune", 1).tick();
  assert.is(overall.left(), undefined);
  const bar = overall.begin("train VAE", 4);
  clock.ms = 5000;
  bar.tick();
  bar.stop();
  assert.equal(written.map((text) => text.replace("\r\x1b[K", "")).filter(Boolean), ["tune: 0 %",
    "phase 1 of 4, train VAE: 0 %", "phase 1 of 4, train VAE: 25 %",
    "phase 1 of 4, train VAE: stopped at 25 % after 5 s\n"]);
});

test("short work leaves nothing behind, unknown totals are counted, too many ticks stay at 100 %", () => {
  const quick = terminal(false);
  progressOn(quick.stream, "read", 1, {}, quick.now).done();
  assert.equal(quick.written, []);
  const open = terminal(false);
  const line = progressOn(open.stream, "read", 0, {}, open.now);
  open.clock.ms = 5000;
  line.tick(3);
  assert.equal(open.written, ["read: 3\n"]);
  const over = terminal(false);
  const more = progressOn(over.stream, "read", 2, {}, over.now);
  over.clock.ms = 5000;
  more.tick(3);
  assert.equal(over.written, ["read: 100 %\n"]);
});

test("durations", () => {
  assert.equal([400, 59_600, 185_000, 7_800_000].map(duration), ["0 s", "1 min 00 s", "3 min 05 s", "2 h 10 min"]);
});

test.run();
