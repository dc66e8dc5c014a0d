// Mermaid diagrams, drawn by Mermaid in a browser: with the strict settings of most sites, and with
// the loosest ones.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { open, seenAs, watch } from "./browser.js";
import { CASES, file, isOrdinary, read } from "./gallery.js";

const MERMAID = createRequire(import.meta.url).resolve("mermaid/dist/mermaid.min.js");

const MODES = {
  strict: { securityLevel: "strict", htmlLabels: false, flowchart: { htmlLabels: false } },
  loose: { securityLevel: "loose", htmlLabels: true, flowchart: { htmlLabels: true } },
};

// The elements of a flowchart with plain labels.
const KNOWN = new Set([
  "circle", "defs", "div", "feDropShadow", "filter", "foreignObject", "g", "linearGradient", "marker",
  "p", "br", "path", "polygon", "rect", "span", "stop", "style", "svg", "text", "tspan",
]);

let browser;
before(async () => { browser = await open({ viewport: { width: 1280, height: 900 } }); });
after(() => browser.close());

// Draws in the page, and returns what is visible there.
async function draw({ text, config }) {
  const { mermaid } = window;
  mermaid.initialize({ startOnLoad: false, ...config });
  await mermaid.parse(text);
  const { svg, bindFunctions } = await mermaid.render("drawing", text);
  const out = document.querySelector("main");
  out.innerHTML = svg;
  bindFunctions?.(out);
  await document.fonts.ready;
  const seen = (element) => (element instanceof HTMLElement ? element.innerText : element.textContent);
  const label = (element) => {
    const html = element.querySelector("foreignObject > div");
    if (html) return seen(html);
    return [...element.querySelectorAll("tspan.text-outer-tspan")].map(seen).join("\n");
  };
  const elements = [...out.querySelectorAll("*")];
  const fits = (node) => {
    const inner = (node.querySelector("foreignObject > div > span") ?? node.querySelector("text")).getBoundingClientRect();
    const outer = node.querySelector("rect.label-container, rect").getBoundingClientRect();
    return inner.left >= outer.left - 2 && inner.right <= outer.right + 2
      && inner.top >= outer.top - 2 && inner.bottom <= outer.bottom + 2;
  };
  const nodes = [...out.querySelectorAll("g.node")];
  return {
    elements: [...new Set(elements.map((element) => element.localName))],
    attributes: [...new Set(elements.flatMap((element) => element.getAttributeNames()))],
    nodes: nodes.map((node) => ({
      text: label(node),
      fits: fits(node),
      classes: [...node.classList],
    })),
    edges: out.querySelectorAll("path.flowchart-link").length,
    labels: [...out.querySelectorAll("g.edgeLabel")].map(label),
    width: out.querySelector("svg").getBoundingClientRect().width,
  };
}

for (const [mode, config] of Object.entries(MODES)) {
  test(`mermaid ${mode}`, async (t) => {
    const page = await browser.context.newPage();
    const watched = watch(page);
    await page.setContent("<!doctype html><meta charset=utf-8><main></main>");
    await page.addScriptTag({ path: MERMAID });
    for (const { name, expect } of CASES) {
      await t.test(name, async () => {
        const drawing = await page.evaluate(draw, { text: read(name, "mmd"), config });
        watched.requireSilent(name);
        for (const element of drawing.elements) assert.ok(KNOWN.has(element), `<${element}> was drawn`);
        for (const attribute of drawing.attributes) {
          assert.doesNotMatch(attribute, /^on|href$|^src/u, `${attribute} was set`);
        }
        assert.equal(drawing.nodes.length, expect.mermaid.length);
        drawing.nodes.forEach(({ text, fits, classes }, index) => {
          const lines = expect.mermaid[index].map(seenAs);
          // SVG text is broken into rows if it is long.
          if (mode === "loose") assert.deepEqual(text.split("\n").map(seenAs), lines);
          else assert.equal(seenAs(text), lines.join(" "));
          assert.ok(fits, `the label leaves its box: ${text}`);
          const hop = expect.hops[index - 1];
          if (hop) assert.equal(classes.includes("refused"), hop.refused);
          if (hop) assert.equal(classes.includes("unverified"), hop.unverified);
        });
        assert.equal(drawing.edges, expect.mermaid.length - 1);
        assert.equal(drawing.labels.filter((text) => text.trim() !== "").length, expect.mermaid.length - 1);
        if (isOrdinary(name)) await page.locator("main").screenshot({ path: file(name, `mermaid.${mode}.png`) });
      });
    }
    await page.close();
  });
}
