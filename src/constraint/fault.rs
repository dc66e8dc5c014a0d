//! The rules for globs, URLs, networks and parameters that a text or a value can break.
//!
//! The `Display` of each fault gives the end of a sentence whose subject is the text.

use std::fmt::{self, Display, Formatter};

use crate::limits::{MAX_GLOB_BYTES, MAX_HOST_BYTES, MAX_HOST_LABEL_BYTES, MAX_STRING_BYTES};
use crate::text::path::PathFault;

/// The reason why a text is not a pattern of paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GlobFault {
    /// The text is not an unambiguous path.
    Path(PathFault),
    /// The text has more than [`MAX_GLOB_BYTES`].
    TooLong {
        /// The length in bytes.
        bytes: usize,
    },
    /// The text has a wildcard of another pattern language.
    OtherWildcard,
    /// A segment has `**` and other characters.
    PartOfSegment,
    /// The text has `**` twice in a row.
    Repeated,
}

impl From<PathFault> for GlobFault {
    fn from(fault: PathFault) -> Self {
        Self::Path(fault)
    }
}

impl Display for GlobFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path(fault) => return Display::fmt(fault, f),
            Self::TooLong { bytes } => {
                return write!(f, "has {bytes} bytes, and at most {MAX_GLOB_BYTES} are allowed");
            }
            Self::OtherWildcard => {
                "has one of `? [ ] { }`, and the only wildcards are `*` and `**`"
            }
            Self::PartOfSegment => {
                "has `**` as part of a segment, and `**` must be a whole segment"
            }
            Self::Repeated => "has `**` twice in a row, and once means the same",
        })
    }
}

/// A part of a URL pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UrlPart {
    /// The whole pattern, such as `https://*.acme.com/v1`.
    Pattern,
    /// The scheme, such as `https`.
    Scheme,
    /// The host, such as `*.acme.com`.
    Host,
    /// The port.
    Port,
    /// The path prefix, such as `/v1`.
    PathPrefix,
}

impl Display for UrlPart {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pattern => "pattern",
            Self::Scheme => "scheme",
            Self::Host => "host",
            Self::Port => "port",
            Self::PathPrefix => "path prefix",
        })
    }
}

/// The reason why a text is not a part of a URL pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UrlFault {
    /// The pattern has no `://`.
    NoScheme,
    /// The text is not a scheme in lower case.
    NotAScheme,
    /// No port is listed, and the scheme has no known default port.
    NoDefaultPort,
    /// The host is empty.
    EmptyHost,
    /// The host name has more than 253 bytes.
    HostTooLong {
        /// The length in bytes.
        bytes: usize,
    },
    /// A label is empty: a leading, trailing or doubled dot.
    EmptyLabel,
    /// A label has more than 63 bytes.
    LabelTooLong {
        /// The length in bytes.
        bytes: usize,
    },
    /// A label starts or ends with a hyphen.
    OuterHyphen,
    /// A character is not a lower-case letter, a digit or a hyphen.
    HostCharacter,
    /// The host is `localhost` or a name below it (RFC 6761).
    Localhost,
    /// The address is not in the public Internet.
    NotPublic,
    /// The last label of the host is a number, and the host is not a dotted quad.
    NotAnIpv4Address,
    /// The brackets do not hold an IPv6 address.
    NotAnIpv6Address,
    /// The IPv6 address is not in the canonical form of RFC 5952.
    NotCanonical,
    /// The closing bracket is missing.
    NoClosingBracket,
    /// The host has `*.` before an address.
    AddressBelowWildcard,
    /// The host has `*.` before a single label.
    TopLevelDomain,
    /// The port is 0, too large, or in another spelling.
    NotAPort,
    /// The path does not start with `/`.
    RelativePath,
    /// The path ends with `/`.
    TrailingSlash,
    /// A character is not allowed in the path of a URL.
    PathCharacter,
    /// The path could be read in two ways.
    Path(PathFault),
}

impl From<PathFault> for UrlFault {
    fn from(fault: PathFault) -> Self {
        Self::Path(fault)
    }
}

impl Display for UrlFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoScheme => "has no scheme; write `https://api.acme.com/v1`",
            Self::NotAScheme => "is not a scheme in lower case; write one such as `https`",
            Self::NoDefaultPort => "has no default port; list its ports",
            Self::EmptyHost => "is empty; write a name such as `api.acme.com`",
            Self::HostTooLong { bytes } => {
                return write!(f, "has {bytes} bytes, and a host name has at most {MAX_HOST_BYTES}");
            }
            Self::EmptyLabel => {
                "has an empty label (a leading, trailing or doubled dot); leave the dot out"
            }
            Self::LabelTooLong { bytes } => {
                return write!(
                    f,
                    "has a label of {bytes} bytes, and a label has at most {MAX_HOST_LABEL_BYTES}"
                );
            }
            Self::OuterHyphen => "has a label that starts or ends with a hyphen",
            Self::HostCharacter => {
                "has a character other than lower-case letters, digits and hyphens; write an international name in Punycode"
            }
            Self::Localhost => "is the local machine, and only public hosts can be granted",
            Self::NotPublic => "is not a public address, and only public hosts can be granted",
            Self::NotAnIpv4Address => {
                "ends in a number and is not a dotted quad such as `93.184.215.14`"
            }
            Self::NotAnIpv6Address => {
                "has no IPv6 address in its brackets, such as `[2606:4700::1111]`"
            }
            Self::NotCanonical => {
                "is not the canonical text of an address; write it as RFC 5952 does"
            }
            Self::NoClosingBracket => "has no closing bracket, as in `[2606:4700::1111]`",
            Self::AddressBelowWildcard => "has an address after `*.`; list the addresses",
            Self::TopLevelDomain => {
                "covers a whole top-level domain; name one more label, as in `*.acme.com`"
            }
            Self::NotAPort => "is not a number from 1 to 65535 without leading zeros",
            Self::RelativePath => "does not start with `/`",
            Self::TrailingSlash => "ends with a slash; leave it out",
            Self::PathCharacter => {
                "has a character that is not allowed in the path of a URL; write it as a percent-escape"
            }
            Self::Path(fault) => return Display::fmt(fault, f),
        })
    }
}

/// The reason why a text is not a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CidrFault {
    /// The text is not a network in CIDR notation.
    NotANetwork,
    /// The address has bits set beyond the prefix length.
    HostBits,
    /// The text is not the canonical spelling.
    NotCanonical,
    /// All addresses of the network are IPv6 addresses that embed an IPv4 address.
    Ipv4InIpv6,
}

impl Display for CidrFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANetwork => "is not a network",
            Self::HostBits => "has bits set beyond its prefix length",
            Self::NotCanonical => "is not in canonical form",
            Self::Ipv4InIpv6 => "consists of IPv4 addresses written as IPv6",
        })
    }
}

/// The type and size that the parameter of a constraint must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParameterType {
    /// A value of any type that limits can judge.
    Value,
    /// A list of values.
    Values,
    /// Values that are not lists.
    Scalars,
    /// Values of one type, none of them null.
    OneType,
    /// An integer within ±(2^53 − 1).
    Integer,
    /// A length.
    Length,
    /// A string.
    String,
    /// A string of 1 to [`MAX_STRING_BYTES`].
    Text,
    /// A list of strings.
    Strings,
    /// A list of ports.
    Ports,
    /// An object with the parts of a URL pattern.
    UrlParts,
}

impl Display for ParameterType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value => {
                "a string, an integer within ±(2^53 − 1), a boolean, null or a list of these"
            }
            Self::Values => "a list of values",
            Self::Scalars => {
                return write!(
                    f,
                    "strings of at most {MAX_STRING_BYTES} bytes, integers within ±(2^53 − 1), booleans and null"
                );
            }
            Self::OneType => "only strings, only integers or only booleans",
            Self::Integer => "an integer within ±(2^53 − 1), such as `5`",
            Self::Length => "a length from 0 to 2^53 − 1, such as `5`",
            Self::String => "a string",
            Self::Text => return write!(f, "a string of 1 to {MAX_STRING_BYTES} bytes"),
            Self::Strings => "a list of strings",
            Self::Ports => "a list of ports between 1 and 65535",
            Self::UrlParts => {
                "an object with `schemes`, `hosts`, and optionally `ports` and `path_prefix`"
            }
        })
    }
}
