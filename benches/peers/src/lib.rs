//! What both programs share: the story, who is told it, and how it is measured.

pub mod story;
pub mod measure;
pub mod peers;
pub mod colours;

/// On one line, which the next one replaces.
pub fn tell(what: std::fmt::Arguments<'_>) {
    eprint!("\r\x1b[K{what}");
}
