// HTML pages in a real browser: on a phone, on a dark desktop, and in print.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { open, seenAs, watch } from "./browser.js";
import { CASES, file, isOrdinary } from "./gallery.js";
import { requireInert, SHAPES } from "./shapes.js";

let browser;
before(async () => { browser = await open(); });
after(() => browser.close());

// The content of the page, and its layout.
function look() {
  const elements = [...document.querySelectorAll("*")];
  const attributes = elements.flatMap((element) => [...element.attributes].map(({ name, value }) => ({ name, value })));
  const charts = [...document.querySelectorAll("svg.chain")];
  const outside = charts.flatMap((chart) => {
    const outer = chart.getBoundingClientRect();
    return [...chart.querySelectorAll("text")].filter((text) => {
      const inner = text.getBoundingClientRect();
      return inner.width > 0 && (inner.left < outer.left - 1 || inner.right > outer.right + 1
        || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1);
    }).map((text) => text.textContent);
  });
  const hops = [...document.querySelectorAll("svg.chain [data-hop]")];
  const [red, green, blue] = getComputedStyle(document.documentElement).backgroundColor === "rgba(0, 0, 0, 0)"
    ? getComputedStyle(document.body).backgroundColor.match(/[\d.]+/gu).map(Number)
    : getComputedStyle(document.documentElement).backgroundColor.match(/[\d.]+/gu).map(Number);
  return {
    names: [...new Set(elements.map((element) => element.localName))],
    attributes,
    sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    text: document.body.textContent,
    visible: document.body.innerText,
    charts: charts.length,
    outside,
    hops: hops.map((hop) => Number(hop.dataset.hop)),
    refused: hops.filter((hop) => "refused" in hop.dataset).map((hop) => Number(hop.dataset.hop)),
    removed: [...document.querySelectorAll("s, del, [data-removed]")].map((gone) => gone.textContent),
    brightness: (red + green + blue) / 765,
  };
}

// Pages show right-to-left letters unchanged; other formats escape them.
const unescaped = (text) => text.replaceAll(/\\u\{([0-9a-f]+)\}/gu, (escape, hex) => {
  const letter = String.fromCodePoint(Number.parseInt(hex, 16));
  return /\p{Script=Hebrew}|\p{Script=Arabic}/u.test(letter) ? letter : escape;
});

function requireTold({ text, visible, removed, hops, refused, charts }, expect) {
  const all = seenAs(text);
  const said = [...expect.names, ...expect.hops.map((hop) => hop.purpose)].map(unescaped);
  for (const own of [...said, ...expect.removed, ...expect.reasons]) {
    assert.ok(all.includes(seenAs(own)), `not in the page: ${own}`);
  }
  assert.ok(seenAs(visible).includes(expect.verdict), `${expect.verdict} is not seen`);
  const gone = removed.map(seenAs);
  for (const own of expect.removed) {
    assert.ok(gone.some((text) => text.includes(seenAs(own))), `not struck through: ${own}`);
  }
  assert.equal(charts, 1, "one chain is drawn");
  assert.deepEqual([...new Set(hops)], expect.hops.map((_, index) => index));
  const expected = expect.hops.flatMap((hop, index) => (hop.refused ? [index] : []));
  assert.deepEqual([...new Set(refused)], expected);
}

test("html", async (t) => {
  const page = await browser.context.newPage();
  const watched = watch(page);
  for (const { name, expect } of CASES) {
    await t.test(name, async () => {
      const url = pathToFileURL(file(name, "html")).href;
      watched.allow(url);
      for (const [shape, { width, height, media, colorScheme }] of Object.entries(SHAPES)) {
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ media, colorScheme });
        await page.goto(url);
        const seen = await page.evaluate(look);
        const where = `${name} (${shape})`;
        requireInert(seen);
        requireTold(seen, expect);
        assert.equal(seen.sideways, 0, `${where} scrolls sideways`);
        assert.deepEqual(seen.outside, [], `${where}: text leaves the drawing`);
        if (shape === "desktop") assert.ok(seen.brightness < 0.4, `${where} is not dark: ${seen.brightness}`);
        else assert.ok(seen.brightness > 0.6, `${where} is not light: ${seen.brightness}`);
        if (isOrdinary(name)) await page.screenshot({ path: file(name, `html.${shape}.png`), fullPage: true });
        if (shape === "print") {
          const pdf = await page.pdf(isOrdinary(name) ? { path: file(name, "html.pdf") } : {});
          assert.ok(pdf.length > 1000);
        }
        watched.requireSilent(where);
      }
    });
  }
  await page.close();
});
