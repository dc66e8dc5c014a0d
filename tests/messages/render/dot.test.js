// DOT, by Graphviz.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

import { CASES, file, isOrdinary, read } from "./gallery.js";

function dot(name, ...options) {
  const run = spawnSync("dot", [...options, file(name, "dot")], { encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(run.error, undefined, "Graphviz is missing: bash tests/setup installs it");
  assert.equal(run.stderr, "", name);
  assert.equal(run.status, 0, name);
  return run.stdout;
}

// The lines of text that Graphviz draws for an object.
const drawn = (operations) => (operations ?? []).filter((own) => own.op === "T").map((own) => own.text);

for (const { name, expect } of CASES) {
  test(`dot ${name}`, () => {
    const graph = JSON.parse(dot(name, "-Tjson"));
    const boxes = graph.objects.map((object) => drawn(object._ldraw_));
    assert.deepEqual(boxes, expect.dot);
    assert.deepEqual(graph.objects.map((object) => object.name), boxes.map((_, index) => `n${index}`));
    const edges = graph.edges.map((edge) => [edge.tail, edge.head]);
    assert.deepEqual(edges, boxes.slice(1).map((_, index) => [index, index + 1]));
    for (const object of [graph, ...graph.objects, ...graph.edges]) {
      for (const link of ["URL", "href", "tooltip", "image"]) assert.equal(object[link], undefined);
    }
    const page = dot(name, "-Tsvg");
    assert.doesNotMatch(page, /<(a|script|image|foreignObject)\b/u);
    if (isOrdinary(name)) dot(name, "-Tpng", `-o${file(name, "dot.png")}`);
    assert.ok(read(name, "dot").startsWith("digraph deputize {"));
  });
}
