// Pages of what happened in a real browser: on a phone, on a dark desktop, and in print. The output of
// `cargo test -p deputize-pages` in `target/gallery-of-pages`.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { open, watch } from "./browser.js";
import { requireInert, SHAPES } from "./shapes.js";
import { target } from "./target.js";

const GALLERY = join(target, "gallery-of-pages");

const PAGES = readdirSync(GALLERY).filter((name) => name.endsWith(".html")).sort();

assert.ok(PAGES.length >= 20, `only ${PAGES.length} pages stand in ${GALLERY}`);

let browser;
before(async () => { browser = await open(); });
after(() => browser.close());

// The content of the page, and its layout.
function look() {
  const elements = [...document.querySelectorAll("*")];
  const box = (element) => element.getBoundingClientRect();
  const isSeen = ({ width, height }) => width > 0 && height > 0;
  const texts = [...document.querySelectorAll("svg.chain text")].filter((text) => isSeen(box(text)));
  // Text outside of the drawing or of the card that clips it.
  const outside = texts.filter((text) => {
    const [inner, outer] = [box(text), box(text.ownerSVGElement)];
    const page = box(text.closest("svg.chain"));
    const edge = text.ownerSVGElement.classList.contains("chain") ? page : outer;
    return inner.left < page.left - 1 || inner.right > page.right + 1 || inner.top < edge.top - 1 || inner.bottom > edge.bottom + 1;
  });
  const rows = texts.map(box).sort((a, b) => a.top - b.top);
  // Lines of one text have different heights; two texts never share a place.
  const overlapping = rows.filter((own, nth) => {
    const next = rows[nth + 1];
    return next && next.top < own.bottom - 4 && next.left < own.right - 1 && own.left < next.right - 1;
  });
  const marks = [...document.querySelectorAll("svg.timeline g")];
  const away = marks.filter((mark) => {
    const [inner, outer] = [box(mark), box(mark.closest("svg.timeline"))];
    return inner.left < outer.left - 7 || inner.right > outer.right + 7 || inner.top < outer.top || inner.bottom > outer.bottom;
  });
  const letters = [...document.querySelectorAll("p, td, li, h1, h2, time")].filter((own) => own.innerText?.trim());
  const sizes = [
    ...letters.map((own) => Number.parseFloat(getComputedStyle(own).fontSize)),
    ...texts.map((own) => Number.parseFloat(getComputedStyle(own).fontSize) * own.getScreenCTM().a),
  ];
  const rgb = (text) => text.match(/[\d.]+/gu).map(Number);
  const luminance = (color) => {
    const [red, green, blue] = rgb(color).map((own) => (own / 255 <= 0.04045 ? own / 255 / 12.92 : ((own / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const paper = getComputedStyle(document.body).backgroundColor;
  const contrast = (color) => {
    const [light, dark] = [luminance(color), luminance(paper)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const inks = [...letters.map((own) => getComputedStyle(own).color), ...texts.map((own) => getComputedStyle(own).fill)];
  const strokes = [...document.querySelectorAll("svg.timeline .allowed, svg.timeline .refused, svg.timeline .passed")]
    .map((own) => (own.localName === "circle" ? getComputedStyle(own).fill : getComputedStyle(own).stroke));
  return {
    names: [...new Set(elements.map((element) => element.localName))],
    attributes: elements.flatMap((element) => [...element.attributes].map(({ name, value }) => ({ name, value }))),
    sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    outside: outside.map((text) => text.textContent),
    overlapping: overlapping.length,
    away: away.map((mark) => mark.textContent),
    smallest: Math.min(...sizes),
    faintest: Math.min(...inks.map(contrast)),
    faintestMark: Math.min(9, ...strokes.map(contrast)),
    isDark: luminance(paper) < 0.5,
  };
}

test("pages", async (t) => {
  const page = await browser.context.newPage();
  const watched = watch(page);
  for (const name of PAGES) {
    await t.test(name, async () => {
      const path = join(GALLERY, name);
      const url = pathToFileURL(path).href;
      watched.allow(url);
      for (const [shape, { width, height, media, colorScheme }] of Object.entries(SHAPES)) {
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ media, colorScheme });
        await page.goto(url);
        const seen = await page.evaluate(look);
        const where = `${name} (${shape})`;
        requireInert(seen);
        assert.equal(seen.sideways, 0, `${where} scrolls sideways`);
        assert.deepEqual(seen.outside, [], `${where}: text leaves the drawing`);
        assert.deepEqual(seen.away, [], `${where}: a mark leaves its lane`);
        assert.equal(seen.overlapping, 0, `${where}: texts lie over each other`);
        assert.ok(seen.smallest >= 9.5, `${where}: letters of ${seen.smallest} pixels`);
        // WCAG 2.2, 1.4.3 and 1.4.11.
        assert.ok(seen.faintest >= 4.5, `${where}: a contrast of ${seen.faintest}`);
        assert.ok(seen.faintestMark >= 3, `${where}: a mark with a contrast of ${seen.faintestMark}`);
        assert.equal(seen.isDark, colorScheme === "dark", where);
        const isOrdinary = !name.includes("hostile_");
        if (isOrdinary) await page.screenshot({ path: path.replace(".html", `.${shape}.png`), fullPage: true });
        if (shape === "print") {
          const pdf = await page.pdf(isOrdinary ? { path: path.replace(".html", ".pdf") } : {});
          assert.ok(pdf.length > 1000);
        }
        watched.requireSilent(where);
      }
    });
  }
  await page.close();
});
