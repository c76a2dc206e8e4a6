import * as assert from "uvu/assert";

/** Asserts that `run` throws one sentence: a single line that holds every one of `parts`. */
export function assertSentence(run: () => unknown, ...parts: string[]): void {
  let message = "";
  try {
    run();
  } catch (error) {
    message = (error as Error).message;
  }
  assert.ok(message, "nothing was thrown");
  assert.not.match(message, /\n/);
  for (const part of parts) assert.ok(message.includes(part), `"${message}" does not say "${part}"`);
}
