/**
 * The idx format of MNIST (yann.lecun.com/exdb/mnist): big-endian
 *   00 00 TYPE DIMS, then DIMS sizes of 4 bytes, then the elements, last dimension fastest.
 * Read here: TYPE 08, unsigned bytes. A gzip stream is recognised by its first two bytes, whatever the file's name.
 */
import { gunzipSync } from "node:zlib";
import { readFileOr } from "./files.ts";

export interface Idx {
  /** sizes, outermost first: [n] for labels, [n, H, W] for images */
  shape: number[];
  data: Uint8Array;
}

const TYPES: Record<number, string> = {
  0x08: "unsigned bytes",
  0x09: "signed bytes",
  0x0b: "16-bit integers",
  0x0c: "32-bit integers",
  0x0d: "float32",
  0x0e: "float64",
};
const UNSIGNED_BYTES = 0x08;
const AGAIN = "download the file again";
/** A guard against a gzip stream that unpacks without end. */
const MAX_UNPACKED = 2 ** 30;

/** Reads an idx file of `dims` dimensions, gzipped or not; `what` is for the message, as in "MNIST labels". */
export function readIdx(file: string, dims: number, what: string): Idx {
  return parseIdx(unpack(readFileOr(file, what), file), dims, file);
}

/**
 * Throws unless `bytes` are exactly one idx array of unsigned bytes with `dims` dimensions; `name` is for the message.
 */
export function parseIdx(bytes: Uint8Array, dims: number, name: string): Idx {
  checkHeader(bytes, dims, name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: dims }, (_, i) => view.getUint32(4 + 4 * i));
  const start = 4 + 4 * dims;
  const due = start + shape.reduce((a, b) => a * b, 1);
  if (bytes.length !== due) {
    const fault = bytes.length < due ? "it is cut short" : "it has more than its header says";
    throw new Error(
      `${name}: its header says [${shape}], which takes ${due} bytes, and it has ${bytes.length}; ${fault}, ${AGAIN}`,
    );
  }
  return { shape, data: bytes.subarray(start) };
}

function checkHeader(bytes: Uint8Array, dims: number, name: string): void {
  if (bytes.length === 0) throw new Error(`${name}: the file is empty and an idx file was due; ${AGAIN}`);
  const start = [...bytes.subarray(0, 4)].map((b) => b.toString(16).padStart(2, "0")).join(" ");
  const [zero0, zero1, type = 0, found] = bytes;
  if (zero0 !== 0 || zero1 !== 0 || !(type in TYPES)) {
    throw new Error(
      `${name}: it begins with ${start}, an idx file with 00 00 08 0${dims}; this is another kind of file, ${AGAIN}`,
    );
  }
  if (type !== UNSIGNED_BYTES)
    throw new Error(`${name}: it holds ${TYPES[type]}, and unsigned bytes were due; ${AGAIN}`);
  if (bytes.length < 4 || (found === dims && bytes.length < 4 + 4 * dims)) {
    throw new Error(
      `${name}: it has ${bytes.length} bytes, its header alone takes ${4 + 4 * dims}; it is cut short, ${AGAIN}`,
    );
  }
  if (found !== dims) {
    throw new Error(
      `${name}: it has ${found} dimension(s), and ${dims} were due (images have 3, labels 1); check that the files ` +
        `are not mixed up`,
    );
  }
}

function unpack(bytes: Uint8Array, name: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
  } catch (error) {
    throw new Error(
      `${name}: its gzip stream of ${bytes.length} bytes is broken (${(error as Error).message}); ${AGAIN}`,
      { cause: error },
    );
  }
}
