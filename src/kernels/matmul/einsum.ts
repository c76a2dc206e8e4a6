import { describeValue, type Tensor } from "../../engine/tensor.ts";
import { checkTensor, fail } from "../check.ts";
import { permute } from "../layout/permute.ts";
import { reshape } from "../layout/reshape.ts";
import { sum } from "../reduce/sum.ts";
import { matmul } from "./matmul.ts";

/** The letters of each operand and of the result; without an arrow the result has those that appear once, sorted. */
function parse(equation: unknown, count: number): { inputs: string[]; output: string } {
  const text = typeof equation === "string" ? equation.replace(/\s/g, "") : "";
  const [, left, right] = /^([a-zA-Z]*(?:,[a-zA-Z]*)*)(?:->([a-zA-Z]*))?$/.exec(text) ?? [];
  if (left === undefined)
    fail("einsum", `${describeValue(equation)} is no equation; letters such as "bij,bjk->bik" are due`);
  const inputs = left.split(",");
  if (inputs.length !== count) fail("einsum", `"${text}" has ${inputs.length} operands, ${count} tensors came`);
  const letters = [...inputs.join("")];
  const output = right ??
    [...new Set(letters)].filter((c) => letters.filter((d) => d === c).length === 1).sort().join("");
  for (const part of [...inputs, output])
    if (new Set(part).size !== part.length) fail("einsum", `"${part}" has a letter twice, which is not supported`);
  const strange = [...output].find((c) => !letters.includes(c));
  if (strange) fail("einsum", `the result has the letter ${strange}, no operand has it`);
  return { inputs, output };
}

/** x summed over the letters that nobody else has, and its letters then. */
function reduced(x: Tensor, letters: string, others: string): [Tensor, string] {
  const gone = [...letters].flatMap((c, d) => (others.includes(c) ? [] : [d]));
  return [gone.length ? sum(x, gone) : x, [...letters].filter((c) => others.includes(c)).join("")];
}

/** x with its letters in this order, in a few dimensions, each of several letters. */
function arranged(x: Tensor, letters: string, groups: string[], sizes: Map<string, number>): Tensor {
  const order = [...groups.join("")];
  const moved = order.join("") === letters ? x : permute(x, order.map((c) => letters.indexOf(c)));
  return reshape(moved, groups.map((g) => [...g].reduce((n, c) => n * sizes.get(c)!, 1)));
}

/** The sizes of all letters; each has one size. */
function sizesOf(inputs: readonly string[], tensors: readonly Tensor[]): Map<string, number> {
  const sizes = new Map<string, number>();
  inputs.forEach((letters, i) => {
    const { shape } = checkTensor("einsum", `tensor ${i}`, tensors[i]);
    if (shape.length !== letters.length)
      fail("einsum", `tensor ${i} has ${shape.length} dimensions, "${letters}" has ${letters.length} letters`);
    [...letters].forEach((c, d) => {
      if ((sizes.get(c) ?? shape[d]) !== shape[d])
        fail("einsum", `the letter ${c} has size ${sizes.get(c)} and ${shape[d]}; one size is due`);
      sizes.set(c, shape[d]!);
    });
  });
  return sizes;
}

/**
 * Sums of products by letters, of one or two tensors, as torch.einsum: einsum("bij,bjk->bik", a, b) of a [B,I,J] and
 * b [B,J,K] is [B,I,K]. No letter twice in one operand, no ellipsis. A single matrix product does the sum.
 */
export function einsum(equation: string, ...tensors: Tensor[]): Tensor {
  if (tensors.length < 1 || tensors.length > 2) fail("einsum", `${tensors.length} tensors came; one or two are due`);
  const { inputs, output } = parse(equation, tensors.length);
  const sizes = sizesOf(inputs, tensors);
  const [head] = tensors as [Tensor];
  return head.gpu.scope(() => {
    if (tensors.length === 1) {
      const [x, letters] = reduced(head, inputs[0]!, output);
      return reshape(arranged(x, letters, [...output], sizes), [...output].map((c) => sizes.get(c)!));
    }
    return product(tensors as [Tensor, Tensor], inputs as [string, string], output, sizes);
  });
}

function product(tensors: [Tensor, Tensor], inputs: [string, string], output: string,
  sizes: Map<string, number>): Tensor {
  const [a, A] = reduced(tensors[0], inputs[0], inputs[1] + output);
  const [b, B] = reduced(tensors[1], inputs[1], inputs[0] + output);
  const pick = (from: string, keep: (c: string) => boolean) => [...from].filter(keep).join("");
  const batch = pick(A, (c) => B.includes(c) && output.includes(c));
  const summed = pick(A, (c) => B.includes(c) && !output.includes(c));
  const [rows, columns] = [pick(A, (c) => !B.includes(c)), pick(B, (c) => !A.includes(c))];
  const y = matmul(arranged(a, A, [batch, rows, summed], sizes), arranged(b, B, [batch, summed, columns], sizes));
  const made = batch + rows + columns;
  const whole = reshape(y, [...made].map((c) => sizes.get(c)!));
  return made === output ? whole : permute(whole, [...output].map((c) => made.indexOf(c)));
}
