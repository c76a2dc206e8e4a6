/** Reading tar archives, of npm packages and of data sets. Node only. */

export interface TarFile {
  /** With the folders inside the archive, as in "package/package.json". */
  name: string;
  /** A view on the archive. */
  bytes: Uint8Array;
  /** Permission bits. */
  mode: number;
}

/**
 * The regular files of a ustar archive. Header fields, by byte: 0 name, 100 mode, 124 size (octal), 156 type, 345
 * prefix. Throws one sentence where a header is damaged or the archive ends within a file.
 */
export function untar(tar: Buffer): TarFile[] {
  const files = [];
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const field = (start: number, length: number) =>
      tar.toString("utf8", at + start, at + start + length).replace(/\0.*/s, "").trim();
    const size = parseInt(field(124, 12), 8);
    const name = [field(345, 155), field(0, 100)].filter(Boolean).join("/");
    if (!Number.isFinite(size) || name.split("/").includes("..")) throw new Error(`tar: damaged header at byte ${at}`);
    const left = tar.length - at - 512;
    if (size > left) throw new Error(`tar: ${name} takes ${size} bytes and ${left} are left; the archive is cut short`);
    const isFile = tar[at + 156] === 0x30 || tar[at + 156] === 0;
    if (isFile) files.push({ name, bytes: tar.subarray(at + 512, at + 512 + size), mode: parseInt(field(100, 8), 8) });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}
