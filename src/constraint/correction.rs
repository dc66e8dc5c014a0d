//! The network that the author of a refused text meant.

use std::net::IpAddr;

use ipnet::IpNet;

use super::address::is_embedded_ipv4;

/// Returns the remedy for a text that is not a network in its canonical form, as the end of a
/// sentence. The text that it suggests is accepted.
pub(super) fn correction(found: &str) -> String {
    let net = found.trim().parse::<IpNet>().ok();
    // An address alone is a network of one address.
    let net = net.or_else(|| found.trim().parse::<IpAddr>().ok().map(IpNet::from));
    match net.map(|net| net.trunc()).filter(|net| !is_embedded_ipv4(net.network())) {
        Some(net) => format!("write `{net}`"),
        None => "write a network such as `10.0.0.0/8` or `2001:db8::/32`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constraint::Cidr;

    #[test]
    fn a_correction_is_accepted() {
        for (found, corrected) in [
            ("192.168.1.5/24", "192.168.1.0/24"),
            ("10.1.0.0/8", "10.0.0.0/8"),
            ("10.0.0.1", "10.0.0.1/32"),
            (" 10.0.0.0/8", "10.0.0.0/8"),
            ("2001:DB8::/32", "2001:db8::/32"),
            ("2001:db8::1", "2001:db8::1/128"),
            ("2001:db8::1/64", "2001:db8::/64"),
        ] {
            assert_eq!(correction(found), format!("write `{corrected}`"), "{found}");
            assert!(corrected.parse::<Cidr>().is_ok(), "{corrected}");
        }
        for none in ["", "acme.com", "10.0.0/8", "10.0.0.0/33", "::ffff:10.0.0.1/104"] {
            assert!(correction(none).starts_with("write a network such as"), "{none}");
        }
    }
}
