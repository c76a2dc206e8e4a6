// Host data on its way into a tensor: numbers, nested arrays and typed arrays, with the shape and type they imply.

/** Type of the elements, 4 bytes each. */
export type DType = "f32" | "i32" | "u32";
/** Sizes of the dimensions, the slowest first: [N,C,H,W] for images, [] for a scalar. A size may be 0. */
export type Shape = readonly number[];
/** Numbers in a row, of any width. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array
  | Uint8Array | Uint8ClampedArray;
/** Numbers in a row. */
export type HostArray = TypedArray | readonly number[];
/** Rows of rows of numbers. */
export type Nested = readonly (number | Nested)[];
/** What `tensor` takes: a number, flat or nested arrays of numbers, a typed array. */
export type HostData = number | HostArray | Nested;

export const HOST = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;

/** Elements of a shape; 1 for the scalar shape []. */
export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i]);

/** For error messages: what came in the place of something else. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return `"${value.slice(0, 40)}"`;
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint" || typeof value === "symbol") return `a ${typeof value}`;
  return `an object of type ${Object(value).constructor?.name ?? "Object"}`;
}

/** Throws unless `shape` is an array of whole numbers from 0. */
export function checkShape(who: string, shape: Shape): void {
  if (!Array.isArray(shape))
    throw new Error(`${who}: ${describeValue(shape)} given as a shape; an array of sizes is due, such as [2, 3]`);
  for (const n of shape as readonly unknown[])
    if (!Number.isSafeInteger(n) || (n as number) < 0)
      throw new Error(`${who}: shape [${shape}] has the size ${describeValue(n)}; whole numbers from 0 are due`);
}

export function checkDType(who: string, dtype: DType): void {
  if (!Object.hasOwn(HOST, dtype)) throw new Error(`${who}: dtype ${describeValue(dtype)} given; "f32", "i32" or ` +
    `"u32" is due`);
}

const isTyped = (data: unknown): data is TypedArray =>
  ArrayBuffer.isView(data) && !(data instanceof DataView) && !(data instanceof BigInt64Array) &&
  !(data instanceof BigUint64Array);

/** Numbers in a row, and the shape and type that the data itself implies. */
export interface Rows {
  values: HostArray;
  shape: Shape;
  dtype: DType;
}

/** Int32Array implies i32 and Uint32Array u32; all other numbers are f32. Nested arrays imply their shape. */
export function rowsOf(who: string, data: HostData): Rows {
  if (typeof data === "number") return { values: [data], shape: [], dtype: "f32" };
  if (isTyped(data)) {
    const dtype = data instanceof Int32Array ? "i32" : data instanceof Uint32Array ? "u32" : "f32";
    return { values: data, shape: [data.length], dtype };
  }
  if (!Array.isArray(data))
    throw new Error(`${who}: ${describeValue(data)} given; a number, an array of numbers or a typed array is due`);
  const shape = nestedShape(data);
  if (shape.length === 1) return { values: data as readonly number[], shape, dtype: "f32" };
  const values: number[] = [];
  flatten(who, data, shape, 0, values);
  return { values, shape, dtype: "f32" };
}

/** Sizes along the first element of each level. */
function nestedShape(data: Nested): number[] {
  const shape: number[] = [];
  for (let level: unknown = data; Array.isArray(level) && shape.length < 16; level = level[0]) shape.push(level.length);
  return shape;
}

function flatten(who: string, data: unknown, shape: Shape, depth: number, values: number[]): void {
  if (depth === shape.length) return void values.push(data as number);
  if (!Array.isArray(data) || data.length !== shape[depth])
    throw new Error(`${who}: rows of different lengths at depth ${depth}; ${shape[depth]} elements are due in each, ` +
      `as in the first`);
  for (const row of data) flatten(who, row, shape, depth + 1, values);
}

const FITS: Record<DType, (value: unknown) => boolean> = {
  f32: (v) => typeof v === "number",
  i32: (v) => v === ((v as number) | 0),
  u32: (v) => v === (v as number) >>> 0,
};
const DUE: Record<DType, string> = { f32: "a number", i32: "a whole number that fits i32", u32: "a whole number that " +
  "fits u32" };

/** Throws unless `data` holds just the numbers of a tensor of this shape and type. */
export function checkHostData(who: string, data: unknown, shape: Shape, dtype: DType): asserts data is HostArray {
  checkShape(who, shape);
  checkDType(who, dtype);
  if (!Array.isArray(data) && !isTyped(data)) throw new Error(`${who}: ${describeValue(data)} given; an array of ` +
    `numbers is due`);
  const values = data as ArrayLike<unknown>;
  if (values.length !== sizeOf(shape))
    throw new Error(`${who}: ${values.length} numbers given, shape [${shape}] holds ${sizeOf(shape)}`);
  if (data instanceof HOST[dtype] || (dtype === "f32" && isTyped(data))) return;
  const fits = FITS[dtype];
  for (let i = 0; i < values.length; i++)
    if (!fits(values[i])) throw new Error(`${who}: element ${i} is ${describeValue(values[i])}; ${DUE[dtype]} is due`);
}

/** The bytes to upload: `data` itself where it has the type already. */
export const toTyped = (data: HostArray, dtype: DType): Float32Array | Int32Array | Uint32Array =>
  data instanceof HOST[dtype] ? data : HOST[dtype].from(data as ArrayLike<number>);
