// The reference: every exported name says what it is, and every function of tensors names shapes.

import type * as TypeScript from "@typescript/typescript6";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

/** TypeScript 7 has no compiler API. */
const ts = createRequire(resolve("package.json"))("@typescript/typescript6") as typeof TypeScript;

const ENTRIES = ["src/index.ts", "src/data/index.ts", "src/safetensors.ts"];
/** As in "[N,C,H,W]", "of any shape", "a scalar". */
const SHAPES = /\[[^\]]*\]|\bshapes?\b|\bscalar\b/i;

interface Exported {
  name: string;
  file: string;
  text: string;
  /** The signatures, where it is a function. */
  calls: string;
}

function exportsOf(entry: string, program: TypeScript.Program): Exported[] {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
  return checker.getExportsOfModule(module).map((given) => {
    const symbol = given.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(given) : given;
    const at = symbol.declarations![0]!;
    const calls = checker.getTypeOfSymbolAtLocation(symbol, at).getCallSignatures();
    return { name: given.name, file: at.getSourceFile().fileName,
      text: ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim(),
      calls: calls.map((call) => checker.signatureToString(call)).join("\n") };
  });
}

const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile) as { config: { compilerOptions: object } };
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ".");
const program = ts.createProgram(ENTRIES, options);
const all = ENTRIES.flatMap((entry) => exportsOf(entry, program));
const named = (list: Exported[]) => list.map(({ name, file }) => `${name} (${file.replace(/^.*\/src\//, "src/")})`);

const reference = suite("reference");

reference("every export has a docstring", () => {
  assert.ok(all.length > 250, `${all.length} exports were found`);
  assert.equal(named(all.filter(({ text }) => !text)), []);
});

reference("every exported function of tensors names shapes", () => {
  const functions = all.filter(({ calls }) => /\bTensor\b/.test(calls));
  assert.ok(functions.length > 130, `${functions.length} functions of tensors were found`);
  assert.equal(named(functions.filter(({ text }) => !SHAPES.test(text))), []);
});

reference.run();
