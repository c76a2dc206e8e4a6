// How the lab names clusters: by what most of their images are.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nameClusters, nameOf, nearestMeans } from "../web/clusters.ts";

const clusters = suite("clusters of the lab");

clusters("an image is of the cluster whose mean is nearest", () => {
  const means = Float32Array.of(0, 0, 4, 0, 0, 4);
  const codes = Float32Array.of(1, 1, 3, 0.5, 1, 3.5, 9, 0, -5, -5);
  assert.equal([...nearestMeans(codes, means, 2)], [0, 1, 2, 1, 0]);
});

clusters("a cluster is named by its commonest class, the lower one of a draw, and not at all where it is empty", () => {
  const names = nameClusters([0, 0, 0, 1, 1, 3], [7, 2, 7, 5, 3, 9], 4);
  assert.equal(names.map(({ commonest }) => commonest), [7, 3, -1, 9]);
  assert.equal(names.map(({ share }) => share), [[2, 3], [1, 2], [0, 0], [1, 1]]);
  const classes = Array.from({ length: 10 }, (_, k) => `class ${k}`);
  assert.equal(names.map((name) => nameOf(name, classes)), ["mostly class 7 (2 of 3)", "mostly class 3 (1 of 2)",
    "of no image", "mostly class 9 (1 of 1)"]);
});

clusters.run();
