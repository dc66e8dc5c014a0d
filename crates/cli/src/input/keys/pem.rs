//! The PEM blocks of a text (RFC 7468), with what OpenSSL and editors put around and into them.

use std::fmt::{self, Display, Formatter};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deputize::text::Backticked;
use zeroize::Zeroizing;

/// One block.
pub(super) struct Block<'a> {
    /// The label, such as `PRIVATE KEY`.
    pub(super) label: &'a str,
    /// The headers of RFC 1421 say that the content is encrypted.
    pub(super) is_encrypted: bool,
    /// The base64, without white space.
    base64: Zeroizing<String>,
}

impl Block<'_> {
    /// Writes the block again, with lines of this length.
    pub(super) fn to_pem(&self, line: usize) -> Zeroizing<String> {
        let label = self.label;
        // Large enough that the text never moves, which would leave a copy behind.
        let capacity = self.base64.len().saturating_mul(2).saturating_add(256);
        let mut pem = Zeroizing::new(String::with_capacity(capacity));
        pem.push_str("-----BEGIN ");
        pem.push_str(label);
        pem.push_str("-----\n");
        let mut rest = self.base64.as_str();
        while let Some((head, tail)) = rest.split_at_checked(line) {
            pem.push_str(head);
            pem.push('\n');
            rest = tail;
        }
        if !rest.is_empty() {
            pem.push_str(rest);
            pem.push('\n');
        }
        pem.push_str("-----END ");
        pem.push_str(label);
        pem.push_str("-----\n");
        pem
    }

    /// Returns the content.
    pub(super) fn content(&self) -> Option<Zeroizing<Vec<u8>>> {
        STANDARD.decode(self.base64.as_bytes()).ok().map(Zeroizing::new)
    }
}

/// A text, taken apart.
pub(super) struct Parts<'a> {
    /// The blocks, in order.
    pub(super) blocks: Vec<Block<'a>>,
    /// The lines outside them, without white space around them.
    pub(super) lines: Vec<&'a str>,
}

/// Takes a text apart. White space and line breaks do not matter anywhere.
pub(super) fn split(text: &str) -> Result<Parts<'_>, PemError> {
    let (mut blocks, mut lines) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("-----BEGIN ") {
        add_lines(before, &mut lines);
        let (label, after) = after.split_once("-----").ok_or(PemError::NoLabel)?;
        if label.is_empty() || label.contains(['\n', '\r']) {
            return Err(PemError::NoLabel);
        }
        let cut_off = || PemError::CutOff { label: label.to_owned() };
        let (body, after) =
            after.split_once(&*format!("-----END {label}-----")).ok_or_else(cut_off)?;
        // The end of another block would be further down.
        if body.contains("-----BEGIN ") {
            return Err(cut_off());
        }
        blocks.push(block(label, body)?);
        rest = after;
    }
    add_lines(rest, &mut lines);
    Ok(Parts { blocks, lines })
}

fn add_lines<'a>(text: &'a str, lines: &mut Vec<&'a str>) {
    // Files that were joined can have a byte-order mark at the start of any line.
    let bare = |line: &'a str| line.trim().trim_start_matches('\u{feff}').trim();
    lines.extend(text.split(['\n', '\r']).map(bare).filter(|line| !line.is_empty()));
}

fn block<'a>(label: &'a str, body: &str) -> Result<Block<'a>, PemError> {
    let mut is_encrypted = false;
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    for line in body.split(['\n', '\r']) {
        if line.contains(':') {
            is_encrypted |= line.contains("ENCRYPTED");
            continue;
        }
        base64.extend(line.chars().filter(|c| !c.is_whitespace()));
    }
    let is_base64 = |b: u8| b.is_ascii_alphanumeric() || b"+/=".contains(&b);
    if !base64.bytes().all(is_base64) {
        return Err(PemError::NotBase64 { label: label.to_owned() });
    }
    Ok(Block { label, is_encrypted, base64 })
}

/// The reason why a text cannot be taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PemError {
    /// A line begins a block and does not name it.
    NoLabel,
    /// A block has no end.
    CutOff { label: String },
    /// A block holds something else.
    NotBase64 { label: String },
}

impl Display for PemError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLabel => {
                f.write_str("a line `-----BEGIN …-----` of this PEM text is not complete")
            }
            Self::CutOff { label } => {
                let label = Backticked(label);
                write!(f, "this PEM text is cut off: its block {label} has no line `-----END …`")
            }
            Self::NotBase64 { label } => {
                write!(f, "the PEM block {} has text that is not base64", Backticked(label))
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_whatever_is_around_and_in_them() {
        for text in [
            "-----BEGIN A-----\nAAAA\nBBBB\n-----END A-----\n",
            "\n\n-----BEGIN A-----\n\nAAAA\n\nBBBB\n\n-----END A-----\n\n\n",
            "-----BEGIN A-----\r\nAAAA\r\nBBBB\r\n-----END A-----\r\n",
            "-----BEGIN A-----\rAAAA\rBBBB\r-----END A-----",
            "  -----BEGIN A-----  \n  AAAA\t\n  BBBB\n  -----END A-----",
            "-----BEGIN A----- AAAABBBB -----END A-----",
            "-----BEGIN A-----\nProc-Type: x\n\nAAAABBBB\n-----END A-----",
        ] {
            let Parts { blocks, lines } = split(text).unwrap();
            assert!(lines.is_empty(), "{text:?}");
            let all: Vec<_> = blocks.iter().map(|own| (own.label, own.base64.as_str())).collect();
            assert_eq!(all, [("A", "AAAABBBB")], "{text:?}");
            let pem = "-----BEGIN A-----\nAAAAB\nBBB\n-----END A-----\n";
            assert_eq!(*blocks.first().unwrap().to_pem(5), pem);
        }
        let text = "one\n\u{feff}-----BEGIN A-----\nAA\n-----END A-----\n\n\u{feff}two\n-----BEGIN B-----\n-----END B-----\nthree";
        let Parts { blocks, lines } = split(text).unwrap();
        assert_eq!(blocks.iter().map(|own| own.label).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(lines, ["one", "two", "three"]);
    }

    #[test]
    fn what_is_wrong_with_a_block_is_named() {
        let cut = |label: &str| PemError::CutOff { label: label.to_owned() };
        for (text, error) in [
            ("-----BEGIN A-----\nAAAA\n", cut("A")),
            ("-----BEGIN A-----\nAA\n-----END B-----\n", cut("A")),
            ("-----BEGIN A-----\n-----BEGIN A-----\nAA\n-----END A-----", cut("A")),
            ("-----BEGIN \n", PemError::NoLabel),
            ("-----BEGIN A\n-----\n", PemError::NoLabel),
            (
                "-----BEGIN A-----\\nAAAA\\n-----END A-----",
                PemError::NotBase64 { label: "A".to_owned() },
            ),
        ] {
            assert_eq!(split(text).err(), Some(error), "{text:?}");
        }
    }
}
