// The examples run as they stand, in Node and in a browser, and reach what they promise; none is longer than a page.

import { suite } from "uvu";
import * as assert from "uvu/assert";

const examples = suite("examples");

examples("two layers learn XOR", async () => {
  const { loss } = await import("../examples/two-layers.mjs");
  assert.ok(loss < 1e-3, `loss ${loss}`);
});

examples("a convolutional network tells bars apart", async () => {
  const { right } = await import("../examples/conv-net.mjs");
  assert.is(right, 1);
});

examples("weights go through a safetensors file", async () => {
  const { difference } = await import("../examples/safetensors.mjs");
  assert.ok(difference > 0 && difference < 1e-2, `${difference}`);
});

examples("PGD fools a model of the user's own", async () => {
  const { fooled } = await import("../examples/pgd.mjs");
  assert.ok(fooled > 16, `${fooled}`);
});

examples("the shipped defence undoes an attack", async () => {
  const { digits } = await import("../examples/defence.mjs");
  assert.is(digits[0], 7);
  assert.is.not(digits[1], 7);
  assert.is(digits[2], 7);
});

examples.run();
