//! The address of a server that is reached over HTTP.

use deputize::text::Backticked;
use thiserror::Error;
use url::{Host, Url};

/// The URL of a server of MCP over HTTP: `https`, or `http` on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(Url);

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// [`TargetError`]. Over `http`, others on the way could read a presentation before the guard does.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let url = Url::parse(text).map_err(|why| TargetError::NotAUrl { why: why.to_string() })?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(TargetError::Extra);
        }
        let is_near = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(own)) => own.is_loopback(),
            Some(Host::Ipv6(own)) => own.is_loopback(),
            None => false,
        };
        match url.scheme() {
            "https" if cfg!(feature = "https") => Ok(Self(url)),
            "https" => Err(TargetError::NoTls),
            "http" if is_near => Ok(Self(url)),
            "http" => {
                Err(TargetError::Plain { host: url.host_str().unwrap_or_default().to_owned() })
            }
            other => Err(TargetError::Scheme { scheme: other.to_owned() }),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(super) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

/// The reason why a text is not the URL of a server.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TargetError {
    /// The text is not a URL.
    #[error("it is not a URL: {why}")]
    NotAUrl {
        /// The reason.
        why: String,
    },
    /// The URL has a user, a password or a fragment.
    #[error("a user, a password or a fragment has no place in the URL of a server")]
    Extra,
    /// The scheme is another one.
    #[error("the scheme {} is not `https`", Backticked(scheme))]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// The host is another machine, and the scheme `http`.
    #[error("{} is not this machine, so its URL must be `https`", Backticked(host))]
    Plain {
        /// The host.
        host: String,
    },
    /// This build has no TLS.
    #[error("this build is without the feature `https`")]
    NoTls,
}
