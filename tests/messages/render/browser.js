// Debian's Chromium, and a page that counts whatever a document does that it must not do.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// A browser with a profile of its own, which is gone when `close` was called.
export async function open(options = {}) {
  const profile = mkdtempSync(join(tmpdir(), "deputize-render-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    headless: true,
    args: FLAGS,
    ...options,
  });
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { context, close };
}

// Notes all that a page says, asks and fetches, besides the addresses in `allowed`.
export function watch(page, allowed = []) {
  const seen = [];
  const note = (what) => seen.push(what);
  page.on("console", (message) => note(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => note(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    note(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on("popup", () => note("a window was opened"));
  page.on("download", () => note("a file was downloaded"));
  page.on("request", (request) => {
    if (!allowed.includes(request.url())) note(`request: ${request.url()}`);
  });
  return {
    allow: (url) => allowed.push(url),
    // What was seen since the last time.
    requireSilent: (name) => {
      assert.deepEqual(seen.splice(0), [], `${name}: the page did what no report does`);
    },
  };
}

// A line of text as it is compared: browsers collapse blanks, and a word joiner cannot be seen.
export const seenAs = (text) => text.replace(/\u2060/gu, "").replace(/\s+/gu, " ").trim();
