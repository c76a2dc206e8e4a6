import type { Command } from "../cli.ts";

export const verify: Command = {
  summary: "does this GPU and driver compute every op right, forward and backward?",
  flags: { cases: { type: "string", help: "folder of reference cases (default: those that ship with purigrad)" } },
  async run() {
    throw new Error("verify: not wired yet");
  },
};
