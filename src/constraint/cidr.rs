//! `cidr`: the addresses of a network.

use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::IpNet;

use super::address::is_embedded_ipv4;
use super::error::ConstraintError;
use super::fault::CidrFault;

/// A network: `10.0.0.0/8`, `2001:db8::/32`.
///
/// It permits the canonical text of its addresses: a dotted quad, or IPv6 as in RFC 5952. Any other
/// spelling is denied. So is an IPv6 address that embeds an IPv4 address, whatever the network:
/// mapped (`::ffff:10.0.0.1`), compatible, translated, NAT64, 6to4, Teredo or ISATAP. It is another
/// spelling of that IPv4 address, and a network of such addresses cannot be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cidr(IpNet);

impl Cidr {
    /// Returns true if the text is an address in the network.
    pub fn permits(&self, text: &str) -> bool {
        // No canonical text is longer. The bound spares the parser long texts.
        const MAX_ADDRESS_BYTES: usize = 39;
        if text.len() > MAX_ADDRESS_BYTES {
            return false;
        }
        let Ok(address) = text.parse::<IpAddr>() else {
            return false;
        };
        address.to_string() == text && !is_embedded_ipv4(address) && self.0.contains(&address)
    }

    /// Returns true if every address of this network is in `parent`.
    pub fn within(&self, parent: &Self) -> bool {
        parent.0.contains(&self.0)
    }

    /// Returns the text of every address, or `None` if the network has more than 16.
    pub(super) fn enumerate_addresses(&self) -> Option<Vec<String>> {
        let host_bits = self.0.max_prefix_len().checked_sub(self.0.prefix_len())?;
        if host_bits > 4 {
            return None;
        }
        let last = 1_u32.checked_shl(host_bits.into())?.checked_sub(1)?;
        let address = |offset: u32| match self.0.network() {
            IpAddr::V4(first) => IpAddr::V4(Ipv4Addr::from_bits(first.to_bits() | offset)),
            IpAddr::V6(first) => {
                IpAddr::V6(Ipv6Addr::from_bits(first.to_bits() | u128::from(offset)))
            }
        };
        Some((0..=last).map(|offset| address(offset).to_string()).collect())
    }
}

impl FromStr for Cidr {
    type Err = ConstraintError;

    fn from_str(text: &str) -> Result<Self, ConstraintError> {
        let refuse = |fault| Err(ConstraintError::Cidr { found: text.to_owned(), fault });
        let Ok(net) = text.parse::<IpNet>() else {
            return refuse(CidrFault::NotANetwork);
        };
        if net.trunc() != net {
            return refuse(CidrFault::HostBits);
        }
        if net.to_string() != text {
            return refuse(CidrFault::NotCanonical);
        }
        // Each form of embedding fixes certain bits, so the first and the last address decide for
        // all between them.
        if is_embedded_ipv4(net.network()) && is_embedded_ipv4(net.broadcast()) {
            return refuse(CidrFault::Ipv4InIpv6);
        }
        Ok(Self(net))
    }
}

/// Writes the canonical text.
impl Display for Cidr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}
