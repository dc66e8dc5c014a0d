//! Addresses of the public Internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns true if the address is globally reachable unicast, by the IANA special-purpose registry
/// (RFC 6890 and its updates). `Ipv4Addr::is_global` is nearly the same, but unstable.
pub(super) fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        // This network, private, loopback, link-local (cloud metadata), private.
        [0 | 10 | 127, ..] | [169, 254, ..] | [172, 16..=31, ..] | [192, 168, ..] => true,
        // Carrier-grade NAT (RFC 6598), IETF protocols, the former 6to4 relay (RFC 7526).
        [100, 64..=127, ..] | [192, 0, 0, _] | [192, 88, 99, _] => true,
        // Documentation (RFC 5737), benchmarks (RFC 2544).
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [198, 18..=19, ..] => true,
        // Multicast, reserved, broadcast.
        [224..=255, ..] => true,
        _ => false,
    };
    !special
}

/// Returns true if the address embeds an IPv4 address, which no rule about IPv6 covers: a gateway,
/// a tunnel or the machine itself extracts it again.
pub(super) fn embeds_ipv4(address: Ipv6Addr) -> bool {
    match address.segments() {
        // The unspecified address and loopback.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => false,
        // Compatible and mapped (RFC 4291), translated (RFC 2765).
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => true,
        // NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380).
        [0x64, 0xff9b, 0 | 1, ..] | [0x2002, ..] | [0x2001, 0, ..] => true,
        // ISATAP (RFC 5214) in any network; the bits that may differ are `u` and `g` of EUI-64.
        [_, _, _, _, 0 | 0x100 | 0x200 | 0x300, 0x5efe, ..] => true,
        _ => false,
    }
}

/// Returns true for an IPv6 address that [embeds](embeds_ipv4) an IPv4 address.
pub(super) fn is_embedded_ipv4(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if embeds_ipv4(v6))
}

/// Returns true if the address is globally reachable unicast: in `2000::/3`, the only block that
/// IANA assigns from, and in none of its special-purpose parts. So loopback, unique local,
/// link-local and multicast addresses are refused without rules of their own.
pub(super) fn is_public_v6(address: Ipv6Addr) -> bool {
    let special = match address.segments() {
        // IETF protocols (`2001::/23`): Teredo, benchmarks, ORCHID.
        [0x2001, 0..=0x01ff, ..] => true,
        // Documentation (RFC 3849, RFC 9637).
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => true,
        [0x2000..=0x3fff, ..] => embeds_ipv4(address),
        _ => true,
    };
    !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public_v4(text: &str) -> bool {
        text.parse().is_ok_and(is_public_v4)
    }

    fn public_v6(text: &str) -> bool {
        text.parse().is_ok_and(is_public_v6)
    }

    #[test]
    fn the_edges_of_each_special_block() {
        for inside in [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.0.0",
            "169.254.169.254",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.255",
            "192.88.99.1",
            "192.168.0.0",
            "192.168.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
        ] {
            assert!(!public_v4(inside), "{inside}");
        }
        for outside in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "203.0.112.255",
            "223.255.255.255",
        ] {
            assert!(public_v4(outside), "{outside}");
        }
        for inside in [
            "::",
            "::1",
            "::ffff:8.8.8.8",
            "::8.8.8.8",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "1fff::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:808:808::1",
            "2606:4700::5efe:808:808",
            "2606:4700::200:5efe:808:808",
            "3fff::1",
            "3fff:fff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!public_v6(inside), "{inside}");
        }
        for outside in [
            "2000::1",
            "2001:200::1",
            "2001:db7::1",
            "2001:db9::1",
            "2003::1",
            "2606:4700::400:5efe:808:808",
            "2606:4700::5efe:0:808:808",
            "3ffe::1",
            "3fff:1000::1",
        ] {
            assert!(public_v6(outside), "{outside}");
        }
    }
}
