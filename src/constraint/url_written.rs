//! URL patterns as text.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use super::error::ConstraintError;
use super::fault::{UrlFault, UrlPart};
use super::url::UrlPattern;

/// Writes `https://*.acme.com/v1`, with braces around choices:
/// `{http,https}://{a.com,b.com}:{443,8443}/v1`.
impl Display for UrlPattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let ports: Vec<String> = self.ports().iter().map(u16::to_string).collect();
        write_choice(f, self.schemes().iter())?;
        f.write_str("://")?;
        write_choice(f, self.hosts().iter())?;
        if !ports.is_empty() {
            f.write_str(":")?;
            write_choice(f, ports.iter())?;
        }
        f.write_str(self.path_prefix())
    }
}

fn write_choice<'a>(
    f: &mut Formatter<'_>,
    texts: impl ExactSizeIterator<Item = &'a String>,
) -> fmt::Result {
    let is_choice = texts.len() != 1;
    f.write_str(if is_choice { "{" } else { "" })?;
    for (i, text) in texts.enumerate() {
        write!(f, "{}{text}", if i == 0 { "" } else { "," })?;
    }
    f.write_str(if is_choice { "}" } else { "" })
}

/// Reads the form that `Display` writes.
///
/// ```
/// use deputize::UrlPattern;
///
/// let api: UrlPattern = "https://*.acme.com/v1".parse()?;
/// assert_eq!(api, UrlPattern::new(["https"], ["*.acme.com"])?.with_path_prefix("/v1")?);
/// let either: UrlPattern = "{http,https}://{a.com,b.com}:{443,8443}".parse()?;
/// assert_eq!(either.to_string(), "{http,https}://{a.com,b.com}:{443,8443}");
/// # Ok::<(), deputize::ConstraintError>(())
/// ```
impl FromStr for UrlPattern {
    type Err = ConstraintError;

    fn from_str(text: &str) -> Result<Self, ConstraintError> {
        let refuse = |part, found: &str, fault| ConstraintError::Url {
            part,
            found: found.to_owned(),
            fault,
        };
        let Some((schemes, rest)) = text.split_once("://") else {
            return Err(refuse(UrlPart::Pattern, text, UrlFault::NoScheme));
        };
        let (hosts, rest) = match rest.split_at_checked(end_of_hosts(rest)) {
            Some(parts) => parts,
            None => (rest, ""),
        };
        let (ports, path) = match rest.strip_prefix(':') {
            None => (None, rest),
            Some(rest) => {
                let end = rest.find('/').unwrap_or(rest.len());
                let (ports, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
                (Some(ports), path)
            }
        };
        let mut pattern = Self::new(choice("url schemes", schemes)?, choice("url hosts", hosts)?)?;
        if let Some(ports) = ports {
            let ports = choice("url ports", ports)?;
            let numbers = ports.iter().map(|port| {
                read_port(port).ok_or_else(|| refuse(UrlPart::Port, port, UrlFault::NotAPort))
            });
            pattern = pattern.with_ports(numbers.collect::<Result<Vec<_>, _>>()?)?;
        }
        let pattern = pattern.with_path_prefix(path)?;
        pattern.check()?;
        Ok(pattern)
    }
}

/// Returns the place of the colon before the port, or of the slash before the path. An IPv6 address
/// has colons of its own, in brackets.
fn end_of_hosts(text: &str) -> usize {
    let mut is_inside = false;
    let end = text.find(|c| {
        match c {
            '[' => is_inside = true,
            ']' => is_inside = false,
            _ => {}
        }
        c == '/' || (c == ':' && !is_inside)
    });
    end.unwrap_or(text.len())
}

/// Reads one text, or several distinct ones in braces.
fn choice<'t>(kind: &'static str, text: &'t str) -> Result<BTreeSet<&'t str>, ConstraintError> {
    let Some(inside) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return Ok([text].into());
    };
    let mut found = BTreeSet::new();
    for one in inside.split(',') {
        if !found.insert(one) {
            return Err(ConstraintError::Repeated { kind, found: one.to_owned() });
        }
    }
    Ok(found)
}

/// Reads a port in its one spelling.
fn read_port(text: &str) -> Option<u16> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in [
            "https://acme.com",
            "https://*.acme.com/v1",
            "http://intranet:8080",
            "{http,https}://{*.b.com,a.com}:{443,8443}/v1/x,y",
            "https://[2606:4700::1111]",
            "https://[2606:4700::1111]:8443/ab:c",
            "https://{93.184.215.14,[2606:4700::1111]}:{443,8443}",
            "ssh://git.acme.com:22",
        ] {
            let read = text.parse::<UrlPattern>().map(|pattern| pattern.to_string());
            assert_eq!(read, Ok(text.to_owned()));
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        let part = |text: &str| match text.parse::<UrlPattern>() {
            Err(ConstraintError::Url { part, .. }) => Some(part),
            Err(ConstraintError::Repeated { .. }) | Ok(_) => None,
            Err(_) => Some(UrlPart::Pattern),
        };
        for (text, expected) in [
            ("", UrlPart::Pattern),
            ("acme.com", UrlPart::Pattern),
            ("https:acme.com", UrlPart::Pattern),
            ("HTTPS://acme.com", UrlPart::Scheme),
            ("http,https://acme.com", UrlPart::Scheme),
            ("{}://acme.com", UrlPart::Scheme),
            ("ssh://acme.com", UrlPart::Scheme),
            ("https://", UrlPart::Host),
            ("https:///v1", UrlPart::Host),
            ("https://a.com,b.com", UrlPart::Host),
            ("https://{a.com,b.com", UrlPart::Host),
            ("https://{a.com,}", UrlPart::Host),
            ("https://user@acme.com", UrlPart::Host),
            ("https://user:pw@acme.com", UrlPart::Port),
            ("https://acme.com?x", UrlPart::Host),
            ("https://*", UrlPart::Host),
            ("https://[2606:4700::1111", UrlPart::Host),
            ("https://acme.com:", UrlPart::Port),
            ("https://acme.com:0", UrlPart::Port),
            ("https://acme.com:0443", UrlPart::Port),
            ("https://acme.com:+443", UrlPart::Port),
            ("https://acme.com:65536", UrlPart::Port),
            ("https://acme.com:443:80", UrlPart::Port),
            ("https://acme.com:443,80", UrlPart::Port),
            ("https://acme.com:{443}x", UrlPart::Port),
            ("https://acme.com/v1/", UrlPart::PathPrefix),
            ("https://acme.com/../x", UrlPart::PathPrefix),
            ("https://acme.com/v1?x=1", UrlPart::PathPrefix),
            ("https://acme.com/{a,b}", UrlPart::PathPrefix),
        ] {
            assert_eq!(part(text), Some(expected), "{text}");
        }
        let twice = "https://{a.com,a.com}".parse::<UrlPattern>();
        assert!(matches!(twice, Err(ConstraintError::Repeated { kind: "url hosts", .. })));
    }
}
