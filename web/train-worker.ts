// The worker of the page "Train": takes a job, tells how it goes, hears when to stop.

import { runTraining, type Job, type News } from "./training.ts";

/** What the page asks. */
export type Asked = { what: "start"; job: Job } | { what: "stop" };
/** What the worker answers; "unable" where it has no WebGPU. */
export type Answer = News | { what: "unable" };

const port = self as unknown as { postMessage(answer: Answer): void; onmessage(event: MessageEvent<Asked>): void };
const stopper = new AbortController();

port.onmessage = ({ data }) => {
  if (data.what === "stop") return stopper.abort(new Error("Stopped; the weights can be saved."));
  if (!navigator.gpu) return port.postMessage({ what: "unable" });
  void runTraining(data.job, stopper.signal, (news) => port.postMessage(news));
};
