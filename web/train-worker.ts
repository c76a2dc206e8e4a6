// The worker of the page "Train": takes a job, tells how it goes, hears when to pause, step and stop.

import { Control } from "./control.ts";
import { runTraining, type Job, type News } from "./training.ts";

/** What the page asks. */
export type Asked = { what: "start"; job: Job } | { what: "pause" | "go" | "step" | "stop" };
/** What the worker answers; "unable" where it has no WebGPU. */
export type Answer = News | { what: "unable" };

const port = self as unknown as { postMessage(answer: Answer): void; onmessage(event: MessageEvent<Asked>): void };
const control = new Control();

port.onmessage = ({ data }) => {
  if (data.what !== "start") return control[data.what]();
  if (!navigator.gpu) return port.postMessage({ what: "unable" });
  void runTraining(data.job, control, (news) => port.postMessage(news));
};
