//! Words of the commands that messages print, safe to paste into a shell.

use std::fmt::Write as _;
use std::path::Path;

use deputize::text::Visible;

use crate::platform::bytes_of;

/// Returns a path as one word that a shell and the command after it read as this path.
///
/// A path that begins with `-` gets `./`, so that it is not an option.
pub fn path(path: &Path) -> String {
    let bytes = bytes_of(path.as_os_str());
    match bytes.first() {
        Some(b'-') => word_of(&[b"./", &*bytes].concat()),
        _ => word_of(&bytes),
    }
}

/// Returns a text as one word of a POSIX shell.
///
/// Plain text is bare, other text is in single quotes. Text that nobody could read or copy, such as
/// invisible characters, a run of blanks, or a backtick, which would end the quotation of the
/// message, is written in escapes, `$'…'` (POSIX.1-2024; bash, zsh and ksh read it).
pub fn word(text: &str) -> String {
    word_of(text.as_bytes())
}

fn word_of(bytes: &[u8]) -> String {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"._-/@:+,=".contains(b);
    // `=ls` is the path of `ls` in zsh.
    let is_bare = !bytes.is_empty() && bytes.iter().all(is_plain) && !bytes.starts_with(b"=");
    match std::str::from_utf8(bytes) {
        Ok(text) if is_bare => text.to_owned(),
        Ok(text) if Visible(text).to_string() == text && !text.contains('`') => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        _ => escaped(bytes),
    }
}

/// Writes every byte that is not plain in octal.
fn escaped(bytes: &[u8]) -> String {
    let mut word = String::from("$'");
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"._-/@:+,=".contains(byte) {
            word.push(char::from(*byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(word, "\\{byte:03o}");
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    #[test]
    fn words_are_bare_quoted_or_escaped() {
        for (text, shown) in [
            ("alice.key", "alice.key"),
            ("/srv/a-b_c/@1", "/srv/a-b_c/@1"),
            ("planner=planner.pub", "planner=planner.pub"),
            ("", "''"),
            ("=ls", "'=ls'"),
            ("~/alice.key", "'~/alice.key'"),
            ("my key.key", "'my key.key'"),
            ("it's.key", r"'it'\''s.key'"),
            ("$(id).key", "'$(id).key'"),
            ("a;b|c&d>e*?[x]", "'a;b|c&d>e*?[x]'"),
            ("jos\u{e9}.key", "'jos\u{e9}.key'"),
            ("a`id`b", r"$'a\140id\140b'"),
            ("a  b", r"$'a\040\040b'"),
            ("a\nb", r"$'a\012b'"),
            ("a\u{202e}b", r"$'a\342\200\256b'"),
            ("jose\u{301}", r"$'jose\314\201'"),
        ] {
            assert_eq!(word(text), shown, "{text:?}");
        }
        assert_eq!(path(Path::new("-rf")), "./-rf");
        assert_eq!(path(Path::new("- x")), "'./- x'");
        assert_eq!(path(Path::new("a/-b")), "a/-b");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// A shell reads the word as the text.
        #[test]
        fn a_shell_reads_the_same_word(text in "[^\0]{0,12}|[ -~]{1,12}") {
            let script = format!("printf %s {}", word(&text));
            // Not every `sh` reads `$'…'`.
            let out = Command::new("bash").args(["-c", &script]).output().unwrap();
            prop_assert_eq!(String::from_utf8(out.stdout).unwrap(), text);
        }
    }
}
