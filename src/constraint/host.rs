//! Host names and addresses in a URL, each with only one spelling.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::address::{is_public_v4, is_public_v6};
use super::fault::UrlFault;
use crate::limits::{MAX_HOST_BYTES, MAX_HOST_LABEL_BYTES};

/// Checks that the text can be the host of a URL: a lower-case name, or the canonical text of a
/// public address, with IPv6 in brackets.
pub(super) fn check_host(text: &str) -> Result<(), UrlFault> {
    if let Some(inner) = text.strip_prefix('[') {
        return inner.strip_suffix(']').ok_or(UrlFault::NoClosingBracket).and_then(check_v6);
    }
    if ends_in_number(text) {
        return check_v4(text);
    }
    check_name(text)
}

/// Checks that the text can be the host of a pattern: a host, or `*.` before a name.
pub(super) fn check_host_pattern(text: &str) -> Result<(), UrlFault> {
    let Some(base) = text.strip_prefix("*.") else {
        return check_host(text);
    };
    if ends_in_number(base) {
        return Err(UrlFault::AddressBelowWildcard);
    }
    check_name(base)?;
    if base.contains('.') { Ok(()) } else { Err(UrlFault::TopLevelDomain) }
}

/// Returns true if a pattern covers a host, or everything that another pattern covers: `*.acme.com`
/// covers `api.acme.com` and `*.eu.acme.com`, but not `acme.com`. Both texts have been checked, so
/// the text before the dot is at least one whole label, or `*`.
///
/// A wildcard covers no label in Punycode. Some readers decode it and normalise the result, which
/// may be a dot, a slash or a sign of user-info (J. Birch, "HostSplit", 2019). Such a label must be
/// in the pattern.
pub(super) fn host_fits(pattern: &str, host: &str) -> bool {
    let below = pattern.strip_prefix('*').and_then(|dot_base| host.strip_suffix(dot_base));
    let is_below = below.is_some_and(|labels| !labels.split('.').any(|l| l.starts_with("xn--")));
    is_below || pattern == host
}

/// Returns true if the last label is a number. Every browser and `inet_aton` read such a host as an
/// IPv4 address: `127.1`, `2130706433`, `0x7f000001`, `0177.0.0.1` (WHATWG URL, "ends in a
/// number").
fn ends_in_number(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or_default();
    let is_decimal = !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit());
    let is_hex =
        last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
    is_decimal || is_hex
}

fn check_v4(text: &str) -> Result<(), UrlFault> {
    match text.parse::<Ipv4Addr>() {
        // The parser accepts only the canonical text.
        Ok(address) if is_public_v4(address) => Ok(()),
        Ok(_) => Err(UrlFault::NotPublic),
        Err(_) => Err(UrlFault::NotAnIpv4Address),
    }
}

fn check_v6(text: &str) -> Result<(), UrlFault> {
    match text.parse::<Ipv6Addr>() {
        Ok(address) if address.to_string() != text => Err(UrlFault::NotCanonical),
        Ok(address) if is_public_v6(address) => Ok(()),
        Ok(_) => Err(UrlFault::NotPublic),
        Err(_) => Err(UrlFault::NotAnIpv6Address),
    }
}

/// Checks for lower-case letters, digits and hyphens (RFC 1123). An international name is written
/// in Punycode, so no letter can look like another.
fn check_name(text: &str) -> Result<(), UrlFault> {
    if text.is_empty() {
        return Err(UrlFault::EmptyHost);
    }
    if text.len() > MAX_HOST_BYTES {
        return Err(UrlFault::HostTooLong { bytes: text.len() });
    }
    for label in text.split('.') {
        if label.is_empty() {
            return Err(UrlFault::EmptyLabel);
        }
        if label.len() > MAX_HOST_LABEL_BYTES {
            return Err(UrlFault::LabelTooLong { bytes: label.len() });
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(UrlFault::OuterHyphen);
        }
        let is_fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !label.bytes().all(is_fine) {
            return Err(UrlFault::HostCharacter);
        }
    }
    // RFC 6761: these resolve to the machine itself.
    if text == "localhost" || text.ends_with(".localhost") {
        return Err(UrlFault::Localhost);
    }
    Ok(())
}
