//! The addresses of this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Resolves the hosts that `http` may have, and asks nobody: a resolver could say that `localhost` is
/// another machine.
#[derive(Debug)]
pub(super) struct Near;

impl Resolver for Near {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().unwrap_or_default();
        let bare = host.strip_prefix('[').and_then(|own| own.strip_suffix(']')).unwrap_or(host);
        let near: &[IpAddr] = match bare.parse::<IpAddr>() {
            Ok(own) if own.is_loopback() => &[own],
            Err(_) if bare == "localhost" => {
                &[IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]
            }
            _ => return Err(Error::HostNotFound),
        };
        let mut addresses = self.empty();
        for ip in near {
            addresses.push(SocketAddr::new(*ip, uri.port_u16().unwrap_or(80)));
        }
        Ok(addresses)
    }
}
