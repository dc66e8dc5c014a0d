// Markdown, by another parser than that of the Rust tests.

import assert from "node:assert/strict";
import { test } from "node:test";

import MarkdownIt from "markdown-it";

import { CASES, read } from "./gallery.js";

const parser = new MarkdownIt({ html: true, linkify: true, typographer: true });

// The tokens of a report; any other came from untrusted text.
const KNOWN = new Set([
  "heading_open", "heading_close", "paragraph_open", "paragraph_close",
  "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close",
  "table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close",
  "tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close",
  "inline", "text", "code_inline", "hardbreak", "strong_open", "strong_close", "s_open", "s_close",
]);

function* flat(tokens) {
  for (const token of tokens) {
    yield token;
    yield* flat(token.children ?? []);
  }
}

for (const { name, expect } of CASES) {
  test(`markdown ${name}`, () => {
    const tokens = [...flat(parser.parse(read(name, "md"), {}))];
    const count = (type) => tokens.filter((token) => token.type === type).length;
    for (const token of tokens) assert.ok(KNOWN.has(token.type), `${token.type}: ${token.content}`);
    const rows = expect.hops.length === 0 ? 0 : expect.hops.length + 1;
    assert.equal(count("tr_open"), rows);
    assert.equal(count("td_open") + count("th_open"), rows * 6);
    assert.equal(count("heading_open"), 2 + expect.hops.length + Number(expect.presented));
    assert.equal(count("s_open"), expect.removed.length);
    const codes = new Set(tokens.filter((token) => token.type === "code_inline").map((token) => token.content));
    for (const text of [...expect.names, ...expect.hops.map((hop) => hop.purpose), ...expect.removed, ...expect.reasons]) {
      // Backticks are written as an escape.
      assert.ok(codes.has(text.replaceAll("`", "\\u{60}")), `no code span is ${text}`);
    }
    const rendered = parser.render(read(name, "md"));
    assert.doesNotMatch(rendered, /<(a|img|script|b|i|details|svg)\b/u);
  });
}
