// The screens and the sheet on which pages are looked at, and what no page has.

import assert from "node:assert/strict";

export const SHAPES = {
  phone: { width: 375, height: 812, media: "screen", colorScheme: "light" },
  desktop: { width: 1280, height: 900, media: "screen", colorScheme: "dark" },
  // A sheet of A4 at 96 dots an inch.
  print: { width: 794, height: 1123, media: "print", colorScheme: "light" },
};

export function requireInert({ names, attributes }) {
  for (const name of ["script", "iframe", "object", "embed", "img", "image", "link", "base", "form", "foreignObject", "a"]) {
    assert.ok(!names.includes(name), `<${name}> stands in the page`);
  }
  for (const { name, value } of attributes) {
    assert.doesNotMatch(name, /^on|^src|^action$|^formaction$|href$/u, `${name}=${value}`);
    if (name === "style") assert.doesNotMatch(value, /url\(/u);
  }
}
