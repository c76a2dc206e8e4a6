// What the tests of the engine share.

/** The message of what fn throws or rejects with. */
export async function messageOf(fn: () => unknown): Promise<string> {
  try {
    await fn();
    return "nothing was thrown";
  } catch (error) {
    return (error as Error).message;
  }
}

/** Lets callbacks of finished GPU work and of the garbage collector run. */
export const turnOfEventLoop = (ms = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
