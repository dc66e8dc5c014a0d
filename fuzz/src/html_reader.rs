//! A strict reader of HTML reports: it rejects markup that a browser might read in another way.

use std::collections::BTreeSet;

/// The start tag of an element, with its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    /// True if it is inside the drawing.
    pub(crate) is_drawn: bool,
}

/// Elements without content.
const VOID: [&str; 1] = ["meta"];

/// Reads all elements, in order. Every element must be closed, and everything else must be text.
pub(crate) fn read(page: &str) -> Vec<Tag> {
    let mut rest =
        page.strip_prefix("<!DOCTYPE html>").expect("a page begins with its document type");
    let mut open: Vec<String> = Vec::new();
    let mut tags = Vec::new();
    while let Some(at) = rest.find('<') {
        require_text(&rest[..at]);
        let (inside, after) = rest[at + 1..].split_once('>').expect("every `<` begins an element");
        rest = after;
        if let Some(name) = inside.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closed out of order");
            continue;
        }
        let (name, attributes) = element(inside);
        let is_drawn = name == "svg" || open.iter().any(|own| own == "svg");
        if name == "style" {
            // Its content is ours and always the same.
            rest = rest.split_once("</style>").expect("the style ends").1;
        } else if !VOID.contains(&name.as_str()) {
            open.push(name.clone());
        }
        tags.push(Tag { name, attributes, is_drawn });
    }
    require_text(rest);
    assert!(open.is_empty(), "{open:?} is not closed");
    tags
}

fn element(inside: &str) -> (String, Vec<(String, String)>) {
    let is_name = |text: &str| !text.is_empty() && text.bytes().all(is_of_name);
    let end = inside.find(' ').unwrap_or(inside.len());
    let (name, mut rest) = inside.split_at(end);
    assert!(is_name(name), "<{inside}>");
    let mut attributes = Vec::new();
    while let Some(after) = rest.strip_prefix(' ') {
        let end = after.find([' ', '=']).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        assert!(is_name(name), "<{inside}>");
        let (value, after) = match after.strip_prefix("=\"") {
            Some(after) => after.split_once('"').expect("a value ends with a quote"),
            None => ("", after),
        };
        require_text(value);
        attributes.push((name.to_owned(), value.to_owned()));
        rest = after;
    }
    assert_eq!(rest, "", "<{inside}>");
    (name.to_owned(), attributes)
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-:".contains(&byte)
}

/// Checks that a text has no markup other than the four entities that we write.
fn require_text(text: &str) {
    assert!(!text.contains(['<', '>', '"']), "{text}");
    for (at, _) in text.match_indices('&') {
        let is_known =
            ["&amp;", "&lt;", "&gt;", "&quot;"].iter().any(|own| text[at..].starts_with(own));
        assert!(is_known, "an entity in {text}");
    }
}

/// The elements and attributes of a page, each attribute with its value unless that is a position,
/// a length or text.
pub(crate) fn shapes(tags: &[Tag]) -> BTreeSet<String> {
    let mut shapes = BTreeSet::new();
    for Tag { name, attributes, .. } in tags {
        shapes.insert(name.clone());
        for (attribute, value) in attributes {
            let is_free = attribute == "aria-label" || value.bytes().all(is_of_place);
            let value = if is_free { "" } else { value };
            shapes.insert(format!("{name} {attribute}={value}"));
        }
    }
    shapes
}

/// Returns true if a byte may occur in a position or path: digits, signs and path letters.
fn is_of_place(byte: u8) -> bool {
    byte.is_ascii_digit() || b" .,-MLHVZhvlz".contains(&byte)
}
