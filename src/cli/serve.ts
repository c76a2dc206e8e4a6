import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import type { HostCommand } from "./command.ts";

const TYPES: Record<string, string> = { ".html": "text/html; charset=utf-8", ".js": "text/javascript",
  ".css": "text/css", ".json": "application/json", ".png": "image/png" };

/** The lab as the build made it. */
const LAB = fileURLToPath(new URL("./web/", import.meta.url));

/** The path that is asked for; null where it is none, as "/%" or one with a zero byte. */
function pathOf(url = "/"): string | null {
  try {
    const path = decodeURIComponent(new URL(url, "http://localhost").pathname);
    return path.includes("\0") ? null : normalize(path);
  } catch {
    return null;
  }
}

/** A server of the files of a folder, and of nothing else. */
export function fileServer(folder: string): Server {
  return createServer((request, response) => {
    const path = pathOf(request.url);
    const file = path && join(folder, path.endsWith("/") ? `${path}index.html` : path);
    if (!file?.startsWith(folder) || !statSync(file, { throwIfNoEntry: false })?.isFile())
      return void response.writeHead(404).end("not found\n");
    response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
    createReadStream(file).pipe(response);
  });
}

function portOf(text: unknown): number {
  const port = Number(text ?? 8080);
  if (!Number.isInteger(port) || port < 0 || port > 65535 || text === "") throw new Error(`--port: "${String(text)}" ` +
    `came, a whole number from 0 to 65535 was due`);
  return port;
}

export const serve: HostCommand = {
  gpu: false,
  summary: "the lab in the browser: attack, purify, look into the latent space, train, verify, measure",
  flags: { port: { type: "string", help: "port on 127.0.0.1 (default 8080; 0 takes a free one)" } },
  stopped: "the server is closed",
  async run({ flags, signal, say }) {
    const port = portOf(flags.port);
    if (!existsSync(join(LAB, "index.html"))) throw new Error("serve: the lab is not built here; run npm run build " +
      "in a clone of purigrad");
    const server = fileServer(LAB);
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => reject(error.code === "EADDRINUSE"
        ? new Error(`serve: port ${port} is taken; give another with --port`) : error));
      server.listen(port, "127.0.0.1", resolve);
    });
    const at = (server.address() as { port: number }).port;
    say(`the lab is at http://127.0.0.1:${at}/ until Ctrl-C`);
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    server.closeAllConnections();
    server.close();
    return { result: { port: at }, ok: true };
  },
};
