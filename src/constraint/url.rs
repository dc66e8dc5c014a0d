//! `url`: URLs that match a pattern.

use std::collections::BTreeSet;

use super::error::ConstraintError;
use super::fault::{UrlFault, UrlPart};
use super::host::{check_host_pattern, host_fits};
use super::url_text::{UrlText, check_scheme, check_url_path, split_port};
use super::work::Budget;
use crate::limits::{MAX_HOST_BYTES, MAX_LIST, MAX_STRING_BYTES};
use crate::text::path::PathFault;

/// URLs of certain schemes, hosts and ports, below a path.
///
/// ```
/// use deputize::UrlPattern;
///
/// let api = UrlPattern::new(["https"], ["*.acme.com"])?.with_path_prefix("/v1")?;
/// assert!(api.permits("https://eu.acme.com/v1/accounts?limit=5"));
/// assert!(!api.permits("https://eu.acme.com/v10"));
/// assert!(!api.permits("https://eu.acme.com@evil.com/v1"));
/// assert_eq!(api.to_string(), "https://*.acme.com/v1");
/// # Ok::<(), deputize::ConstraintError>(())
/// ```
///
/// # Security
///
/// A URL that two readers may split differently is denied, whatever the pattern: one with
/// user-info, a backslash, a character that is not visible ASCII, upper case in the scheme or host,
/// a trailing dot, a port with leading zeros, `//`, a `.` or `..` segment (also before a `;`), a
/// segment that begins like a drive (`c:`), an escape that hides one of these or is not UTF-8, or
/// an address that is not canonical.
///
/// Addresses that are not public, and `localhost`, cannot be listed and are always denied. A listed
/// *name* may still resolve to a private address: the service must check resolved addresses and
/// redirects before it connects.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UrlPattern {
    schemes: BTreeSet<String>,
    hosts: BTreeSet<String>,
    ports: BTreeSet<u16>,
    path_prefix: String,
}

impl UrlPattern {
    /// Creates a pattern of URLs with one of these schemes and one of these hosts, at the scheme's
    /// default port, with any path.
    ///
    /// A host is an exact name (which may be a single label such as `intranet`), `*.acme.com` for
    /// one or more labels below (none of them in Punycode, `xn--…`), or the canonical text of a public address: `93.184.215.14` or
    /// `[2606:4700::1111]`.
    ///
    /// # Errors
    ///
    /// [`ConstraintError`] for a list that is empty or too long, or an invalid scheme or host.
    pub fn new<S, H>(
        schemes: impl IntoIterator<Item = S>,
        hosts: impl IntoIterator<Item = H>,
    ) -> Result<Self, ConstraintError>
    where
        S: Into<String>,
        H: Into<String>,
    {
        let schemes: BTreeSet<String> = schemes.into_iter().map(Into::into).collect();
        let hosts: BTreeSet<String> = hosts.into_iter().map(Into::into).collect();
        check_count("url schemes", schemes.len())?;
        check_count("url hosts", hosts.len())?;
        for scheme in &schemes {
            check_scheme(scheme).map_err(|fault| refuse(UrlPart::Scheme, scheme, fault))?;
        }
        for host in &hosts {
            check_host_pattern(host).map_err(|fault| refuse(UrlPart::Host, host, fault))?;
        }
        Ok(Self { schemes, hosts, ports: BTreeSet::new(), path_prefix: String::new() })
    }

    /// Sets the ports. An empty list means the scheme's default port.
    ///
    /// # Errors
    ///
    /// [`ConstraintError`] for port 0 or too many ports.
    pub fn with_ports(
        mut self,
        ports: impl IntoIterator<Item = u16>,
    ) -> Result<Self, ConstraintError> {
        self.ports = ports.into_iter().collect();
        if self.ports.contains(&0) {
            return Err(refuse(UrlPart::Port, "0", UrlFault::NotAPort));
        }
        if !self.ports.is_empty() {
            check_count("url ports", self.ports.len())?;
        }
        Ok(self)
    }

    /// Sets the path that a URL must have or be below: `/v1` covers `/v1` and `/v1/accounts`, but
    /// not `/v10`. Empty or `/` means any path.
    ///
    /// # Errors
    ///
    /// [`ConstraintError`] for a path that does not start with `/`, ends with one, is too long, or
    /// could be read in two ways.
    pub fn with_path_prefix(mut self, prefix: &str) -> Result<Self, ConstraintError> {
        let prefix = if prefix == "/" { "" } else { prefix };
        let checked = match check_url_path(prefix) {
            Ok(()) if prefix.ends_with('/') => Err(UrlFault::TrailingSlash),
            Ok(()) if prefix.len() > MAX_STRING_BYTES => {
                Err(PathFault::TooLong { bytes: prefix.len() }.into())
            }
            other => other,
        };
        checked.map_err(|fault| refuse(UrlPart::PathPrefix, prefix, fault))?;
        prefix.clone_into(&mut self.path_prefix);
        Ok(self)
    }

    /// Returns the schemes, in lower case.
    pub fn schemes(&self) -> &BTreeSet<String> {
        &self.schemes
    }

    /// Returns the hosts: names, `*.` before a name, or addresses.
    pub fn hosts(&self) -> &BTreeSet<String> {
        &self.hosts
    }

    /// Returns the ports; empty means each scheme's default port.
    pub fn ports(&self) -> &BTreeSet<u16> {
        &self.ports
    }

    /// Returns the path that a URL must have or be below; empty means any.
    pub fn path_prefix(&self) -> &str {
        &self.path_prefix
    }

    /// Returns true if the pattern permits this text.
    pub fn permits(&self, text: &str) -> bool {
        self.permits_within(text, &Budget::unlimited())
    }

    pub(super) fn permits_within(&self, text: &str, work: &Budget) -> bool {
        // The cost per byte. Decoding an escape takes longer than reading other bytes.
        const PER_BYTE: usize = 4;
        if !self.may_permit(text, work) || !work.spend(text.len().saturating_mul(PER_BYTE)) {
            return false;
        }
        let Some(url) = UrlText::read(text) else {
            return false;
        };
        let port = url.port.or_else(|| default_port(url.scheme));
        self.schemes.contains(url.scheme)
            && port.is_some_and(|port| self.has_port(url.scheme, port))
            && self.hosts.iter().any(|host| host_fits(host, url.host))
            && path_fits(&self.path_prefix, url.path)
    }

    /// Returns true if the scheme, the host and the start of the path match the pattern. This rules
    /// out most patterns of a grant without reading the rest of the URL.
    fn may_permit(&self, text: &str, work: &Budget) -> bool {
        let after = |scheme: &String| text.strip_prefix(scheme.as_str())?.strip_prefix("://");
        // `UrlText::read` refuses longer texts.
        if text.len() > MAX_STRING_BYTES {
            return false;
        }
        let Some(rest) = self.schemes.iter().find_map(after) else {
            return false;
        };
        const LONGEST_AUTHORITY: usize = MAX_HOST_BYTES + ":65535".len();
        let mut near = rest.bytes().take(LONGEST_AUTHORITY.saturating_add(1));
        let end = near.position(|b| b"/?#".contains(&b));
        let (authority, path) = match end {
            Some(end) => rest.split_at_checked(end).unwrap_or_default(),
            None => (rest, ""),
        };
        if authority.len() > LONGEST_AUTHORITY || !path_fits(&self.path_prefix, path) {
            return false;
        }
        if !work.spend(authority.len().saturating_add(self.hosts.len())) {
            return false;
        }
        let host = split_port(authority).map(|(host, _)| host);
        host.is_some_and(|host| self.hosts.iter().any(|own| host_fits(own, host)))
    }

    /// Returns true if `parent` permits everything that this pattern permits.
    pub fn within(&self, parent: &Self) -> bool {
        let covers = |own: &String| parent.hosts.iter().any(|host| host_fits(host, own));
        let has_ports = |scheme: &String| {
            let mut ports = self.ports_of(scheme);
            ports.all(|port| parent.has_port(scheme, port))
        };
        self.schemes.is_subset(&parent.schemes)
            && self.hosts.iter().all(covers)
            && self.schemes.iter().all(has_ports)
            && path_fits(&parent.path_prefix, &self.path_prefix)
    }

    /// Returns a host of the pattern and another one that covers it, if there are any.
    pub(crate) fn covered_host(&self) -> Option<(&str, &str)> {
        self.hosts.iter().find_map(|own| {
            let covers = |outer: &&String| *outer != own && host_fits(outer, own);
            let outer = self.hosts.iter().find(covers)?;
            Some((own.as_str(), outer.as_str()))
        })
    }

    /// Returns true if every permitted URL starts with `prefix`.
    pub(super) fn starts_with(&self, prefix: &str) -> bool {
        self.schemes.iter().all(|scheme| {
            self.hosts.iter().all(|host| {
                let known = if host.starts_with('*') { "" } else { host };
                format!("{scheme}://{known}").starts_with(prefix)
            })
        })
    }

    /// Checks that each scheme has a port. The constructors cannot: ports may be set later.
    pub(super) fn check(&self) -> Result<(), ConstraintError> {
        match self.schemes.iter().find(|s| self.ports_of(s).next().is_none()) {
            None => Ok(()),
            Some(scheme) => Err(refuse(UrlPart::Scheme, scheme, UrlFault::NoDefaultPort)),
        }
    }

    fn has_port(&self, scheme: &str, port: u16) -> bool {
        self.ports_of(scheme).any(|own| own == port)
    }

    fn ports_of(&self, scheme: &str) -> impl Iterator<Item = u16> {
        let default = default_port(scheme).filter(|_| self.ports.is_empty());
        self.ports.iter().copied().chain(default)
    }
}

/// Returns the port of a URL that states none (WHATWG URL, "special scheme").
fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

/// Returns true if the path is the prefix or below it, segment by segment. A query may follow.
fn path_fits(prefix: &str, path: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| {
        prefix.is_empty() || rest.is_empty() || rest.starts_with(['/', '?', '#'])
    })
}

fn check_count(kind: &'static str, found: usize) -> Result<(), ConstraintError> {
    match found {
        0 => Err(ConstraintError::Empty { kind }),
        1..=MAX_LIST => Ok(()),
        _ => Err(ConstraintError::TooMany { kind, found }),
    }
}

fn refuse(part: UrlPart, found: &str, fault: UrlFault) -> ConstraintError {
    ConstraintError::Url { part, found: found.to_owned(), fault }
}
