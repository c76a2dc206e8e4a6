/** The safetensors format: what is written comes back, and every broken file is refused with one sentence. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  encodeSafetensors,
  parseSafetensors,
  safetensorsMetadata,
  type SafeTensor,
  type SafeTensors,
} from "../src/data/safetensors.ts";
import { crc32 } from "../src/data/checksum.ts";
import { assertSentence } from "./sentence.ts";

const test = suite("safetensors");

const ALL: SafeTensors = {
  f64: { dtype: "F64", shape: [2], data: Float64Array.of(Math.PI, -0) },
  f32: { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, 2, 3, NaN, Infinity, -6) },
  f16: { dtype: "F16", shape: [1], data: Uint16Array.of(0x3c00) },
  bf16: { dtype: "BF16", shape: [1], data: Uint16Array.of(0x3f80) },
  i64: { dtype: "I64", shape: [1], data: BigInt64Array.of(-(2n ** 62n)) },
  u64: { dtype: "U64", shape: [1], data: BigUint64Array.of(2n ** 63n) },
  i32: { dtype: "I32", shape: [3], data: Int32Array.of(-1, 0, 2 ** 30) },
  u32: { dtype: "U32", shape: [1], data: Uint32Array.of(2 ** 32 - 1) },
  i16: { dtype: "I16", shape: [1], data: Int16Array.of(-7) },
  u16: { dtype: "U16", shape: [1], data: Uint16Array.of(7) },
  i8: { dtype: "I8", shape: [1, 1], data: Int8Array.of(-8) },
  u8: { dtype: "U8", shape: [3], data: Uint8Array.of(0, 128, 255) },
  bool: { dtype: "BOOL", shape: [2], data: Uint8Array.of(0, 1) },
  scalar: { dtype: "F32", shape: [], data: Float32Array.of(0.1) },
  empty: { dtype: "F32", shape: [0, 4], data: new Float32Array(0) },
  "conv1.weight ε/\"'": { dtype: "F32", shape: [1], data: Float32Array.of(5) },
  __proto: { dtype: "U8", shape: [1], data: Uint8Array.of(9) },
};

/** A file of this header (text, or a value as JSON) and so many bytes of data. */
function file(header: unknown, size = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

/** A tensor with its data as bytes, so that NaN equals itself and -0 differs from 0. */
function described({ dtype, shape, data }: SafeTensor) {
  return { dtype, shape, type: data.constructor.name, bytes: new Uint8Array(data.slice().buffer) };
}

const A = '{"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}';
const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

test("every dtype comes back with its bits, also from an unaligned place", () => {
  const bytes = encodeSafetensors(ALL, { seed: "0", note: "ε" });
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  for (const place of [bytes, shifted.subarray(1), Buffer.from(bytes)]) {
    const back = parseSafetensors(place);
    assert.equal(Object.keys(back).sort(), Object.keys(ALL).sort());
    for (const name of Object.keys(ALL)) assert.equal(described(back[name]!), described(ALL[name]!), name);
    assert.equal(safetensorsMetadata(place), { seed: "0", note: "ε" });
  }
});

test("the data comes in copies", () => {
  const bytes = encodeSafetensors({ a: ALL["u8"]! });
  const { a } = parseSafetensors(bytes);
  bytes.fill(1);
  assert.equal([...(a!.data as Uint8Array)], [0, 128, 255]);
});

test("the bytes do not depend on the order, and every tensor is aligned", () => {
  const bytes = encodeSafetensors(ALL);
  assert.equal(encodeSafetensors(Object.fromEntries(Object.entries(ALL).reverse())), bytes);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  assert.is(length % 8, 0);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  for (const [name, { data_offsets }] of Object.entries<{ data_offsets: number[] }>(header)) {
    assert.is(data_offsets[0]! % ALL[name]!.data.BYTES_PER_ELEMENT, 0, name);
  }
});

test("a view of a larger array is written alone", () => {
  const whole = Float32Array.of(1, 2, 3, 4);
  const bytes = encodeSafetensors({ x: { dtype: "F32", shape: [2], data: whole.subarray(1, 3) } });
  assert.equal([...(parseSafetensors(bytes)["x"]!.data as Float32Array)], [2, 3]);
});

test("no tensors, and no metadata", () => {
  assert.equal(parseSafetensors(encodeSafetensors({})), {});
  assert.equal(safetensorsMetadata(encodeSafetensors({})), {});
});

test('a tensor named "__proto__" is a tensor', () => {
  const back = parseSafetensors(file('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1));
  assert.equal(Object.keys(back), ["__proto__"]);
  assert.is(Object.getPrototypeOf(back), Object.prototype);
});

/** Title, file, and what the sentence must say. */
const BROKEN: [title: string, bytes: Uint8Array, ...parts: string[]][] = [
  ["empty", new Uint8Array(0), "has 0 bytes", "at least 8"],
  ["five bytes", new Uint8Array(5), "has 5 bytes"],
  ["header beyond the end", file("{}").fill(200, 0, 2), "announce a header of 51400 bytes", "only 2 follow"],
  ["header length of 2^63", file("{}").fill(128, 7, 8), "announce a header", "only 2 follow"],
  ["no JSON", file("{nope"), "is not sound JSON", "5 bytes"],
  ["no UTF-8", file("{}").fill(0xff, 8), "is not sound JSON"],
  ["a byte order mark", file("\ufeff{}"), "is not sound JSON"],
  ["a tensor twice", file(`{"a": ${A}, "\\u0061": ${A}}`, 4), 'the key "a" stands there twice'],
  ["a shape twice", file(`{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], "shape": [1]}}`, 4), '"shape"'],
  ["numbers as metadata", file(`{"__metadata__": {"epoch": 3}, "a": ${A}}`, 4), '"epoch" is not text'],
  ["a hundred thousand brackets", file("[".repeat(100_000)), "is not sound JSON"],
  ["a list", file("[]"), "not a JSON object"],
  ["entry without a dtype", file({ a: {} }), 'tensor "a" has dtype undefined', "known are F64, F32"],
  ["entry that is a number", file({ a: 3 }), 'tensor "a" has dtype undefined'],
  ["unknown dtype", file({ a: { dtype: "F8_E4M3", shape: [1], data_offsets: [0, 1] } }, 1), '"F8_E4M3"', "convert it"],
  [
    "dtype toString",
    file({ a: { dtype: "toString", shape: [1], data_offsets: [0, 1] } }, 1),
    '"toString"',
    "known are",
  ],
  ["negative shape", file({ a: f32(0, 4, [-1]) }, 4), "has shape [-1]"],
  ["fractional shape", file({ a: f32(0, 4, [0.5]) }, 4), "has shape [0.5]"],
  ["shape that is text", file({ a: { ...f32(0, 4), shape: "1" } }, 4), 'has shape "1"'],
  ["three offsets", file({ a: { ...f32(0, 4), data_offsets: [0, 2, 4] } }, 4), "data_offsets [0,2,4]", "[begin, end]"],
  ["offsets backwards", file({ a: { ...f32(0, 4), data_offsets: [4, 0] } }, 4), "data_offsets [4,0]"],
  ["shape and span differ", file({ a: f32(0, 8, [3]) }, 8), "F32 [3], which takes 12 bytes", "span 8"],
  ["shape that overflows", file({ a: f32(0, 8, [2 ** 50, 2 ** 50]) }, 8), "span 8"],
  ["overlap", file({ a: f32(0, 8), b: f32(4, 12) }, 12), '"b" begins at byte 4', 'overlaps "a"', "ends at 8"],
  ["gap", file({ a: f32(0, 4), b: f32(8, 12) }, 12), 'bytes 4 to 8 before tensor "b"'],
  ["data cut short", file({ a: f32(0, 8) }, 5), 'tensor "a" ends at byte 8', "has 5 bytes of data"],
  ["data too long", file({ a: f32(0, 8) }, 9), "end at byte 8", "has 9 bytes of data"],
];

for (const [title, bytes, ...parts] of BROKEN) {
  test(`refused with one sentence: ${title}`, () => {
    assertSentence(() => parseSafetensors(bytes, "weights.safetensors"), "weights.safetensors: ", ...parts);
  });
}

test("a good file cut anywhere is refused, never misread", () => {
  const bytes = encodeSafetensors({ a: ALL["f32"]!, b: ALL["u8"]! }, { seed: "1" });
  for (let size = 0; size < bytes.length; size++) {
    assert.throws(() => parseSafetensors(bytes.subarray(0, size)), /^safetensors: /, `cut to ${size} bytes`);
  }
});

test("a file with metadata holds a checksum of its data, and one changed bit is found", () => {
  const bytes = encodeSafetensors({ a: { dtype: "F32", shape: [3], data: Float32Array.of(1, 2, 3) } }, { who: "me" });
  assert.equal(safetensorsMetadata(bytes), { who: "me" });
  assert.equal([...(parseSafetensors(bytes).a!.data as Float32Array)], [1, 2, 3]);
  const broken = bytes.slice();
  broken[bytes.length - 5]! ^= 16;
  assertSentence(() => parseSafetensors(broken, "w"), "w: the checksum of its data", "damaged");
  assert.is(crc32(new TextEncoder().encode("123456789")), "cbf43926");
});

test("metadata that is not text", () => {
  assertSentence(() => safetensorsMetadata(file({ __metadata__: { a: 1 } }), "w"), "w: ", '"a" is not text');
  assertSentence(() => safetensorsMetadata(file({ __metadata__: 1 }), "w"), "w: ", "map from text to text");
  assertSentence(() => encodeSafetensors({}, { a: 1 as unknown as string }), '"a" is not text');
});

test("tensors that do not fit are not written", () => {
  const encode =
    (tensor: unknown, name = "w") =>
    () =>
      encodeSafetensors({ [name]: tensor } as SafeTensors);
  assertSentence(
    encode({ dtype: "F32", shape: [2], data: new Float32Array(3) }),
    '"w" has shape [2] of 2 elements',
    "data 3",
  );
  assertSentence(encode({ dtype: "F32", shape: [2], data: new Int32Array(2) }), "Int32Array", "a Float32Array was due");
  assertSentence(encode({ dtype: "F32", shape: [2], data: [1, 2] }), "its data a Array");
  assertSentence(encode({ dtype: "Q4", shape: [2], data: new Int8Array(2) }), '"Q4"', "known are");
  assertSentence(encode({ dtype: "F32", shape: [-2], data: new Float32Array(2) }), "shape [-2]");
  assertSentence(encode({ dtype: "U8", shape: [], data: new Uint8Array(1) }, "__metadata__"), "reserved");
});

test.run();
