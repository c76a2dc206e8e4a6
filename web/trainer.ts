// Where a training run takes place: in a worker, so that the page stays responsive; in the page where the browser has
// no workers, or its workers no WebGPU.

import { Control } from "./control.ts";
import type { Answer, Asked } from "./train-worker.ts";
import { runTraining, type Job, type News } from "./training.ts";

/** A run that can be steered, or closed without waiting for its end. */
export interface Run extends Pick<Control, "pause" | "go" | "step" | "stop"> {
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
  let run: Run = { pause: () => ask({ what: "pause" }), go: () => ask({ what: "go" }),
    step: () => ask({ what: "step" }), stop: () => ask({ what: "stop" }), close: () => worker.terminate() };
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
  return { pause: () => run.pause(), go: () => run.go(), step: () => run.step(), stop: () => run.stop(),
    close: () => run.close() };
}

function inPage(job: Job, tell: (news: News) => void): Run {
  const control = new Control();
  void runTraining(job, control, tell);
  return { pause: () => control.pause(), go: () => control.go(), step: () => control.step(),
    stop: () => control.stop(), close: () => control.stop() };
}
