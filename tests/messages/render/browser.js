// Debian's Chromium, and a watcher that records everything that a document must not do.

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

// A browser with its own profile, which `close` removes.
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

// Records all console output, errors, dialogs, windows and requests of a page, except for the
// addresses in `allowed`.
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
    // Fails if anything was recorded since the last call.
    requireSilent: (name) => {
      assert.deepEqual(seen.splice(0), [], `${name}: the page did what no report does`);
    },
  };
}

// A line of text, normalised for comparison: browsers collapse blanks, and word joiners are
// invisible.
export const seenAs = (text) => text.replace(/\u2060/gu, "").replace(/\s+/gu, " ").trim();
