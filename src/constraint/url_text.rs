//! Reading of URLs that every reader splits in the same way.

use super::fault::UrlFault;
use super::host::check_host;
use crate::limits::MAX_STRING_BYTES;
use crate::text::path::{PathFault, check_segments};

/// `scheme://host[:port][/path][?query][#fragment]`, up to the path. The scheme is not checked: it
/// is only compared with the schemes of a pattern, which are.
#[derive(Debug)]
pub(super) struct UrlText<'a> {
    pub(super) scheme: &'a str,
    pub(super) host: &'a str,
    pub(super) port: Option<u16>,
    pub(super) path: &'a str,
}

impl<'a> UrlText<'a> {
    /// Returns the parts, or `None` for a text that two readers may split differently. This is much
    /// stricter than RFC 3986, on which parsers differ: Orange Tsai, "A New Era of SSRF", 2017.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        if text.len() > MAX_STRING_BYTES || !has_url_bytes(text) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at_checked(end)?;
        // Some readers end the host only at a slash, so `https://acme.com?@evil.com` and
        // `https://acme.com#.evil.com` lead them to evil.com.
        if !tail.is_empty() && !tail.starts_with('/') {
            return None;
        }
        let (host, port) = split_port(authority)?;
        check_host(host).ok()?;
        let (before_fragment, fragment) = tail.split_once('#').unwrap_or((tail, ""));
        if fragment.contains('#') {
            return None;
        }
        let path = before_fragment.split('?').next().unwrap_or_default();
        check_url_path(path).ok()?;
        Some(Self { scheme, host, port, path })
    }
}

/// Checks that the text is a scheme in lower case (RFC 3986, section 3.1).
pub(super) fn check_scheme(text: &str) -> Result<(), UrlFault> {
    let is_fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b);
    if text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(is_fine) {
        Ok(())
    } else {
        Err(UrlFault::NotAScheme)
    }
}

/// Checks that the text is empty, or a path that starts with `/` and can be read in only one way.
pub(super) fn check_url_path(text: &str) -> Result<(), UrlFault> {
    if text.is_empty() {
        return Ok(());
    }
    if !text.starts_with('/') {
        return Err(UrlFault::RelativePath);
    }
    if !text.bytes().all(is_path_byte) {
        return Err(UrlFault::PathCharacter);
    }
    if text.contains("//") {
        return Err(PathFault::EmptySegment.into());
    }
    check_segments(text)?;
    Ok(())
}

/// Returns true if two hexadecimal digits follow every `%`.
fn has_whole_escapes(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        after.get(..2).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
    })
}

/// Splits an authority into the host and the port, if it has one. A port that is empty, is 0 or has
/// a leading zero is refused.
pub(super) fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    // An IPv6 address has colons of its own.
    let after_brackets = authority.rfind(']').unwrap_or(0);
    let (_, tail) = authority.split_at_checked(after_brackets)?;
    let Some(colon) = tail.find(':') else {
        return Some((authority, None));
    };
    let (host, port) = authority.split_at_checked(after_brackets.checked_add(colon)?)?;
    let digits = port.strip_prefix(':')?;
    let is_plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    let port = digits.parse().ok().filter(|_| is_plain)?;
    Some((host, Some(port)))
}

/// Returns true if the text is visible ASCII, without the characters that RFC 3986 allows in no URL
/// (such as `\`), and two hexadecimal digits follow every `%`.
fn has_url_bytes(text: &str) -> bool {
    let is_fine = |b: u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b);
    text.bytes().all(is_fine) && has_whole_escapes(text)
}

fn is_path_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@%".contains(&b)
}
