// A WGSL file as the engine sees it: its bindings, its params struct, its constants. Read from the text itself, so a
// kernel call binds by the names that stand in the shader and nothing is declared twice.

/** One `@group(0) @binding(n) var<...> name: type` of a shader. */
export interface Binding {
  name: string;
  index: number;
  kind: "uniform" | "read" | "write";
  type: string;
}

/** A field of the params struct: 4 bytes each. */
export interface Field {
  name: string;
  type: "u32" | "i32" | "f32";
}

/** One entry point of a .wgsl file, ready to be turned into a pipeline. */
export interface Kernel {
  file: string;
  entry: string;
  code: string;
  /** Storage bindings that the entry point uses, in binding order. */
  bindings: Binding[];
  /** The uniform params struct, if the entry point uses one. */
  params: Binding | null;
  fields: Field[];
  /** The same kernel with `input` in the memory of its result, where the file has an entry point `<entry>_in_place`. */
  inPlace: { kernel: Kernel; input: string } | null;
}

const BINDING =
  /@group\(0\)\s*@binding\((\d+)\)\s*var<\s*(uniform|storage)\s*(?:,\s*(read|read_write)\s*)?>\s*(\w+)\s*:\s*([^;]+);/g;

const withoutComments = (code: string) => code.replace(/\/\/[^\n]*/g, "").replace(/\/\*[\s\S]*?\*\//g, "");

function parseBindings(code: string): Binding[] {
  return [...code.matchAll(BINDING)].map(([, index, space, access, name, type]) => ({
    name: name!,
    index: Number(index),
    kind: space === "uniform" ? ("uniform" as const) : access === "read_write" ? ("write" as const) : ("read" as const),
    type: type!.trim(),
  }));
}

function parseStruct(code: string, type: string, file: string): Field[] {
  const body = new RegExp(`struct\\s+${type}\\s*\\{([^}]*)\\}`).exec(code)?.[1];
  if (body === undefined) throw new Error(`${file}: the uniform's struct ${type} is not in the file`);
  return [...body.matchAll(/(\w+)\s*:\s*(\w+)/g)].map(([, name, fieldType]) => {
    if (fieldType !== "u32" && fieldType !== "i32" && fieldType !== "f32")
      throw new Error(`${file}: ${type}.${name} is ${fieldType}; a params field is u32, i32 or f32`);
    return { name: name!, type: fieldType };
  });
}

/** name -> body of every function in the file. */
function parseFunctions(code: string): Map<string, string> {
  const functions = new Map<string, string>();
  for (const match of code.matchAll(/\bfn\s+(\w+)\s*\(/g)) {
    let depth = 0;
    let end = code.indexOf("{", match.index);
    do {
      if (code[end] === "{") depth++;
      if (code[end] === "}") depth--;
      end++;
    } while (depth > 0 && end < code.length);
    functions.set(match[1]!, code.slice(match.index, end));
  }
  return functions;
}

/** Parameters and local variables of a function's text. */
const localNames = (body: string): Set<string> =>
  new Set(
    [...body.matchAll(/\b(?:let|var|const)\s+(\w+)|(\w+)\s*:/g)].map(([, variable, parameter]) =>
      (variable ?? parameter)!
    ),
  );

/** All module-scope names that `entry` reaches through the functions it calls. */
function reachableNames(code: string, entry: string, file: string): Set<string> {
  const functions = parseFunctions(code);
  if (!functions.has(entry)) throw new Error(`${file}: no entry point ${entry}; it has ` +
    `${[...functions.keys()].join(", ")}`);
  const names = new Set<string>();
  const seen = new Set([entry]);
  for (const name of seen) {
    const body = functions.get(name)!;
    const locals = localNames(body);
    for (const [word] of body.matchAll(/(?<![.\w])[A-Za-z_]\w*/g)) {
      if (locals.has(word)) continue;
      names.add(word);
      if (functions.has(word)) seen.add(word);
    }
  }
  return names;
}

/**
 * A kernel from the text of a .wgsl file. `parts` are further WGSL texts appended at the end (module scope has no
 * order in WGSL, so the line numbers of `file` stay true): the `f` and `df` of a pointwise op, the Philox generator.
 */
// @__NO_SIDE_EFFECTS__
export function kernel(file: string, code: string, options: { entry?: string; parts?: string[] } = {}): Kernel {
  const entry = options.entry ?? "main";
  const full = [code, ...(options.parts ?? [])].join("\n");
  const plain = withoutComments(full);
  const used = reachableNames(plain, entry, file);
  const bindings = parseBindings(plain).filter((b) => used.has(b.name)).sort((a, b) => a.index - b.index);
  const params = bindings.find((b) => b.kind === "uniform") ?? null;
  const fields = params ? parseStruct(plain, params.type, file) : [];
  const storage = bindings.filter((b) => b.kind !== "uniform");
  return { file, entry, code: full, bindings: storage, params, fields,
    inPlace: inPlaceTwin(file, code, entry, options.parts, storage) };
}

/** `<entry>_in_place` binds all that `entry` does but one input, which lies where the result goes. */
function inPlaceTwin(file: string, code: string, entry: string, parts: string[] | undefined,
  bindings: Binding[]): Kernel["inPlace"] {
  const name = `${entry}_in_place`;
  if (!new RegExp(`\\bfn\\s+${name}\\b`).test(code)) return null;
  const twin = kernel(file, code, { entry: name, parts });
  const missing = bindings.filter((b) => !twin.bindings.some((own) => own.name === b.name));
  if (missing.length !== 1) throw new Error(`${file}: ${name} must bind all that ${entry} binds but one input; it ` +
    `leaves out ${missing.map((b) => b.name).join(", ") || "none"}`);
  return { kernel: twin, input: missing[0]!.name };
}

/** The last line of every .wgsl file as the build bundles it, so that a text of several files knows its parts. */
const SOURCE = /^\/\/# sourceURL=(.*)$/;

/**
 * The file, and the line in it, where line `line` (from 1) of a kernel's code stands; a text without names is `file`.
 */
export function sourceOf(file: string, code: string, line: number): { file: string; line: number } {
  const lines = code.split("\n");
  const starts = lines.flatMap((text, i) => (i + 1 < line && SOURCE.test(text) ? [i + 1] : []));
  const start = starts.at(-1) ?? 0;
  const name = lines.slice(start).map((text) => SOURCE.exec(text)?.[1]).find(Boolean);
  return { file: name ?? file, line: line - start };
}

/** Values for `override`, `const` and `alias` lines of a shader, by name. */
export type Constants = Record<string, number | string | boolean>;

/**
 * The code with `constants` put into its `const`, `alias` and `override` lines, in place, so that line numbers stay
 * true. An override becomes a const: not every implementation takes one for the size of a workgroup or an array. An
 * alias for f16 enables it, before the comment that every file begins with.
 */
export function applyConstants(k: Kernel, constants: Constants): string {
  let code = Object.values(constants).includes("f16") ? `enable f16; ${k.code}` : k.code;
  for (const [name, value] of Object.entries(constants)) {
    const line = new RegExp(`^(const|alias|override)(\\s+${name}\\b[^=;]*)(=[^;]*)?;`, "m");
    const found = line.exec(code);
    if (!found) throw new Error(`${k.file}: no const, alias or override named ${name}`);
    const [all, kind, declared] = found;
    const text = `${kind === "override" ? "const" : kind}${declared}= ${literal(value, all)};`;
    code = code.slice(0, found.index) + text + code.slice(found.index + all.length);
  }
  return code;
}

function literal(value: number | string | boolean, line: string): string {
  if (typeof value !== "number") return String(value);
  if (/:\s*f32|=\s*-?\d*\.\d/.test(line)) return Number.isInteger(value) ? value.toFixed(1) : String(value);
  return /:\s*u32|=\s*\d+u/.test(line) ? `${value}u` : String(value);
}

/**
 * Packs `values` in the order of the struct's fields. Missing and unknown names are errors that list the right ones.
 */
export function packParams(k: Kernel, values: Record<string, number>): ArrayBuffer {
  const names = Object.keys(values);
  const unknown = names.find((n) => !k.fields.some((f) => f.name === n));
  const missing = k.fields.find((f) => !(f.name in values));
  if (unknown !== undefined || missing)
    throw new Error(`${k.file}: params {${names.join(", ")}} given; the struct has ` +
      `{${k.fields.map((f) => f.name).join(", ")}}`);
  const bytes = new ArrayBuffer(Math.ceil((k.fields.length * 4) / 16) * 16);
  const view = new DataView(bytes);
  k.fields.forEach(({ name, type }, i) => {
    const value = values[name]!;
    if (type === "f32") view.setFloat32(i * 4, value, true);
    else if (type === "i32") view.setInt32(i * 4, value, true);
    else view.setUint32(i * 4, value, true);
  });
  return bytes;
}
