// The checksum in files of weights: CRC-32 as in zip and PNG (ISO 3309, polynomial EDB88320 reversed). It
// tells a damaged file, not a forged one.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/** The checksum of bytes, as eight hexadecimal digits. */
export function crc32(bytes: Uint8Array): string {
  let c = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) c = TABLE[(c ^ bytes[i]!) & 255]! ^ (c >>> 8);
  return (~c >>> 0).toString(16).padStart(8, "0");
}

/** Its name among the metadata, and what stands in its place until it is known. */
export const CHECKSUM = "crc32";
export const NO_SUM = "00000000";

/** A file with metadata says the CRC-32 of its data; one without says nothing. */
export function checkSum(due: string | undefined, data: Uint8Array, name: string): void {
  const found = due === undefined ? undefined : crc32(data);
  if (found !== due) throw new Error(`${name}: the checksum of its data is ${found} and ${due} is written in it; ` +
    `the file is cut short or damaged, get it again`);
}

/** Puts the checksum of the last `size` bytes in the place that the header keeps for it. */
export function writeSum(whole: Uint8Array, size: number): void {
  const place = new TextEncoder().encode(`"${CHECKSUM}":"${NO_SUM}"`);
  const at = whole.findIndex((_, i) => place.every((byte, k) => whole[i + k] === byte));
  const sum = new TextEncoder().encode(crc32(whole.subarray(whole.length - size)));
  whole.set(sum, at + place.length - 1 - sum.length);
}
