// Cargo's target directory.

import { resolve } from "node:path";

export const target = process.env.CARGO_TARGET_DIR ?? resolve(import.meta.dirname, "../../../target");
