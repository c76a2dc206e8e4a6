// Where a training run takes place: in a worker, so that the page stays responsive; in the page where the browser has
// no workers, or its workers no WebGPU.

import type { Answer, Asked } from "./train-worker.ts";
import { runTraining, type Job, type News } from "./training.ts";

/** A run that can be stopped, or closed without waiting for its end. */
export interface Run {
  stop(): void;
  close(): void;
}

/** Begins a run; `tell` hears how it goes, `moved` that it takes place in the page. */
export function startTraining(job: Job, tell: (news: News) => void, moved: () => void): Run {
  if (typeof Worker === "undefined") {
    moved();
    return inPage(job, tell);
  }
  const worker = new Worker("train-worker.js", { type: "module" });
  const ask = (asked: Asked) => worker.postMessage(asked);
  let run: Run = { stop: () => ask({ what: "stop" }), close: () => worker.terminate() };
  let begun = false;
  const move = () => {
    worker.terminate();
    moved();
    run = inPage(job, tell);
  };
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    if (data.what === "unable") return move();
    begun = true;
    tell(data);
    if (data.what === "end") worker.terminate();
  };
  worker.onerror = (event) => begun ? tell({ what: "end", failure: `The worker failed: ${event.message}` }) : move();
  ask({ what: "start", job });
  return { stop: () => run.stop(), close: () => run.close() };
}

function inPage(job: Job, tell: (news: News) => void): Run {
  const stopper = new AbortController();
  void runTraining(job, stopper.signal, tell);
  return { stop: () => stopper.abort(new Error("Stopped; the weights can be saved.")), close: () => stopper.abort() };
}
