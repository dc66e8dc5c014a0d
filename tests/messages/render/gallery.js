// The output of `cargo test --test messages` in `target/gallery`: many reports in every format, and
// the expected content of each.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { target } from "./target.js";

export const GALLERY = join(target, "gallery");

// The formats that every case must have.
export const FORMS = ["txt", "json", "md", "mmd", "dot", "html"];

const END = ".expect.json";

export const CASES = readdirSync(GALLERY)
  .filter((name) => name.endsWith(END))
  .map((name) => name.slice(0, -END.length))
  .sort()
  .map((name) => ({ name, expect: JSON.parse(readFileSync(join(GALLERY, name + END), "utf8")) }));

assert.ok(CASES.length >= 50, `only ${CASES.length} cases stand in ${GALLERY}`);

export const file = (name, form) => join(GALLERY, `${name}.${form}`);

export const read = (name, form) => readFileSync(file(name, form), "utf8");

for (const { name } of CASES) {
  for (const form of FORMS) assert.ok(existsSync(file(name, form)), `${file(name, form)} is missing`);
}

// Cases without this prefix are everyday reports, which are worth looking at.
export const isOrdinary = (name) => !name.startsWith("hostile_");
