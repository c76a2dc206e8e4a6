/** Progress on a terminal and in a log, on a clock of our own. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
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
  const line = progressOn(stream, "train", 100, now);
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
  const line = progressOn(stream, "attack", 1000, now);
  for (let i = 0; i < 1000; i++, clock.ms += 10) line.tick(1, "a note that is far too long");
  assert.ok(written.length > 50 && written.length <= 101, `${written.length} redraws`);
  assert.ok(written.every((text) => text.startsWith("\r\x1b[K") && text.length <= 4 + 23 && !text.includes("\n")));
  line.stop();
  assert.equal(written.slice(-2), ["\r\x1b[K", "attack: stopped at 100 % after 10 s, a note that is far too long\n"]);
});

test("the pace leaves out what came before the first tick", () => {
  const { written, clock, stream, now } = terminal(false);
  const line = progressOn(stream, "attack", 11, now);
  clock.ms = 60_000;
  line.tick();
  clock.ms = 71_000;
  line.tick();
  assert.match(written[0]!, /^attack: 9 %, 10 min 00 s left/);
  assert.match(written[1]!, /^attack: 18 %, 1 min 39 s left/);
});

test("short work leaves nothing behind, unknown totals are counted, too many ticks stay at 100 %", () => {
  const quick = terminal(false);
  progressOn(quick.stream, "read", 1, quick.now).done();
  assert.equal(quick.written, []);
  const open = terminal(false);
  const line = progressOn(open.stream, "read", 0, open.now);
  open.clock.ms = 5000;
  line.tick(3);
  assert.equal(open.written, ["read: 3\n"]);
  const over = terminal(false);
  const more = progressOn(over.stream, "read", 2, over.now);
  over.clock.ms = 5000;
  more.tick(3);
  assert.equal(over.written, ["read: 100 %\n"]);
});

test("durations", () => {
  assert.equal([400, 59_600, 185_000, 7_800_000].map(duration), ["0 s", "1 min 00 s", "3 min 05 s", "2 h 10 min"]);
});

test.run();
