// A worker process of one engine: JSON lines to its stdin, answers on its stdout in lines that begin with "@@".

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import type { Case } from "../cases.ts";

export type Request = { do: "make"; case: Case } | { do: "time"; times: number } | { do: "read" } | { do: "drop" };

/** What a worker may answer; which fields it has depends on the request. */
export interface Answer {
  first_ms?: number;
  /** Of one call. */
  ms?: number;
  /** CPU time of the worker's process in one call, all threads. */
  cpu_ms?: number;
  /** null stands for a number that is not finite. */
  values?: (number | null)[];
  unsupported?: string;
  error?: string;
}

export interface Ready {
  ready: true;
  engine: string;
  version: string;
  adapter: string;
}

/** Why a worker did not do what was asked: it cannot, it failed, it died, it took too long. */
export class WorkerFailure extends Error {
  constructor(readonly kind: "unsupported" | "failed" | "late", message: string) {
    super(message);
  }
}

const START_LIMIT_MS = 120_000;
const KEPT_LINES = 50;
/** Lines that drivers and Dawn print without anything being wrong. */
const HARMLESS = /^\s*$|^Warning: |^\[W:|^MESA: warning|experimental/i;

const running = new Set<ChildProcessWithoutNullStreams>();

/** Ends every worker there is. */
export const stopWorkers = (): void => running.forEach((child) => child.kill("SIGKILL"));
process.on("exit", stopWorkers);
for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const)
  process.once(signal, () => process.exit(code));

export class Worker {
  private child: ChildProcessWithoutNullStreams | null = null;
  private settle: ((line: string | null) => void) | null = null;
  private noise: string[] = [];

  constructor(private readonly command: readonly string[], private readonly env: NodeJS.ProcessEnv,
    private readonly folder: string) {}

  get alive(): boolean {
    return this.child !== null;
  }

  /** Starts the process unless it runs already; its first line says who it is. */
  async start(): Promise<Ready | null> {
    if (this.child) return null;
    const [program, ...args] = this.command as [string, ...string[]];
    const child = spawn(program, args, { cwd: this.folder, env: this.env });
    this.child = child;
    this.noise = [];
    running.add(child);
    createInterface({ input: child.stdout }).on("line",
      (line) => (line.startsWith("@@") ? this.settle?.(line.slice(2)) : this.keep(line)));
    createInterface({ input: child.stderr }).on("line", (line) => this.keep(line));
    child.stdin.on("error", () => {}); // the exit says it
    child.on("error", (error) => (this.keep(error.message), this.ended(child)));
    child.on("close", (code, signal) => (this.keep(`ended with ${signal ?? `exit code ${code}`}`), this.ended(child)));
    return (await this.answer(START_LIMIT_MS)) as unknown as Ready;
  }

  /** Asks and waits for the answer. Any failure but "unsupported" ends the process; start() begins another. */
  async ask(request: Request, limitMs: number): Promise<Answer> {
    this.child?.stdin.write(`${JSON.stringify(request)}\n`); // where there is none, answer() says why
    const answer = await this.answer(limitMs);
    if (answer.unsupported !== undefined) throw new WorkerFailure("unsupported", answer.unsupported);
    if (answer.error === undefined) return answer;
    this.stop();
    throw new WorkerFailure("failed", answer.error);
  }

  stop(): void {
    const child = this.child;
    this.child = null;
    child?.kill("SIGKILL");
  }

  private async answer(limitMs: number): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    const line = await new Promise<string | null>((resolve, reject) => {
      this.settle = resolve;
      timer = setTimeout(() => reject(new WorkerFailure("late", `more than ${limitMs / 1000} s`)), limitMs);
      if (!this.child) resolve(null);
    }).catch((late) => {
      this.stop();
      throw late;
    }).finally(() => {
      clearTimeout(timer);
      this.settle = null;
    });
    if (line === null) throw new WorkerFailure("failed", this.cause());
    return this.parsed(line);
  }

  private parsed(line: string): Answer {
    try {
      return JSON.parse(line) as Answer;
    } catch {
      this.stop();
      throw new WorkerFailure("failed", `the worker's answer is not JSON: ${line.slice(0, 80)}`);
    }
  }

  private ended(child: ChildProcessWithoutNullStreams): void {
    running.delete(child);
    if (this.child !== child) return;
    this.child = null;
    this.settle?.(null);
  }

  private keep(line: string): void {
    if (HARMLESS.test(line)) return;
    this.noise.push(line.trim());
    if (this.noise.length > KEPT_LINES) this.noise.shift();
  }

  /** The first line that speaks of an error, else the last one. */
  private cause(): string {
    const told = this.noise.find((line) => /error|exception|abort|cannot|not found|needs|no .*adapter/i.test(line)) ??
      this.noise.at(-1);
    return `the worker died: ${told ?? "it said nothing"}`.slice(0, 300);
  }
}
