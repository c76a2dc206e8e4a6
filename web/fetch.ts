// The page's own files.

async function get(path: string): Promise<Response> {
  const response = await fetch(path.split("/").map(encodeURIComponent).join("/")).catch((error: Error) => {
    throw new Error(`${path} could not be loaded (${error.message}); look whether the network is there`);
  });
  if (!response.ok) throw new Error(`${path} could not be loaded (${response.status}); serve the whole folder`);
  return response;
}

export async function bytesOf(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await get(path)).arrayBuffer());
}

export async function jsonOf<T>(path: string): Promise<T> {
  return (await get(path)).json() as Promise<T>;
}

/** The bytes of a .gz file, also where the server says of it that it is compressed and the browser undoes that. */
export async function unzipped(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await bytesOf(path);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
