//! The pages that are not reports. A real browser reads them in `tests/messages/render`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should stop"
)]

#[path = "../../../../fuzz/src/html_reader.rs"]
mod html_reader;

mod cast;
mod content;
mod hostile;
mod bounds;
mod review;
mod gallery;
