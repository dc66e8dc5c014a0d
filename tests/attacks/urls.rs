//! The attacker may have a service fetch URLs of some hosts, and wants it to fetch from somewhere
//! else: from its own host, or from an address that only the service can reach.

use std::net::{Ipv4Addr, Ipv6Addr};

use deputize::{
    Capability, Constraint, ConstraintError, Decision, DenyCode, UrlPart, UrlPattern, Value,
};

use crate::common::forging::decided_on_args;
use crate::common::refused;

/// A limit to HTTPS at `acme.com`, its subdomains and one public address.
fn api() -> Constraint {
    let hosts = ["*.acme.com", "acme.com", "93.184.215.14", "[2606:4700::1111]"];
    Constraint::url(UrlPattern::new(["https"], hosts).unwrap())
}

fn fetching(limit: Constraint, url: &str) -> Decision {
    let own = Capability::new("crm.read", "**").and_then(|own| own.with_arg("url", [limit]));
    decided_on_args(own.unwrap(), &serde_json::json!({ "url": url }).to_string())
}

#[track_caller]
fn not_fetched(urls: &[&str]) {
    for url in urls {
        refused(fetching(api(), url), [(Some(0), DenyCode::ArgumentRefused)]);
    }
}

#[test]
fn granted_urls_are_fetched() {
    for url in ["https://api.acme.com/v1?x=1", "https://93.184.215.14/", "https://acme.com"] {
        assert!(fetching(api(), url).is_allowed(), "{url}");
    }
}

#[test]
fn another_host() {
    not_fetched(&[
        "https://evil.com/",
        "https://acme.com.evil.com/",
        "https://evilacme.com/",
        "https://acme.co/",
        "https://acme.comx/",
        "https://evil.com/acme.com",
        "https://evil.com/?https://acme.com/",
        "https://evil.com/#.acme.com",
    ]);
}

#[test]
fn user_info_before_the_host() {
    not_fetched(&[
        "https://acme.com@evil.com/",
        "https://acme.com:443@evil.com/",
        "https://evil.com@acme.com/",
        "https://@acme.com/",
        "https://a:b@acme.com/",
        "https://acme.com%40evil.com/",
        "https://acme.com%2f@evil.com/",
    ]);
}

#[test]
fn a_host_that_some_readers_end_elsewhere() {
    not_fetched(&[
        "https://evil.com\\@acme.com/",
        "https://evil.com\\.acme.com/",
        "https://acme.com\\@evil.com/",
        "https://evil.com?.acme.com/",
        "https://evil.com#.acme.com/",
        "https://acme.com?@evil.com/",
        "https://acme.com#@evil.com/",
        "https://evil.com;.acme.com/",
        "https://evil.com,acme.com/",
        "https://evil.com%00.acme.com/",
        "https://evil.com%09.acme.com/",
        "https://evil.com .acme.com/",
        "https://evil.com\t.acme.com/",
        "https://evil.com\n.acme.com/",
        "https://evil.com\0.acme.com/",
    ]);
}

#[test]
fn a_scheme_that_is_not_granted() {
    not_fetched(&[
        "http://acme.com/",
        "HTTPS://acme.com/",
        "https:acme.com",
        "https:/acme.com/",
        "https:///acme.com/",
        "//acme.com/",
        "acme.com",
        "javascript://acme.com/%0aalert(1)",
        "file://acme.com/etc/passwd",
        "gopher://acme.com/",
        "https+unix://acme.com/",
        " https://acme.com/",
        "view-source:https://acme.com/",
        "https\u{ff1a}//acme.com/",
    ]);
}

#[test]
fn a_private_address() {
    not_fetched(&[
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://192.168.0.1/",
        "https://172.16.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://0.0.0.0/",
        "https://localhost/",
        "https://a.localhost/",
        "https://metadata.google.internal/",
        "https://127.0.0.1.nip.io/",
    ]);
}

/// To `inet_aton` and to browsers all of these are 127.0.0.1 or 169.254.169.254.
#[test]
fn a_private_address_spelled_as_a_number() {
    not_fetched(&[
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://017700000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.1/",
        "https://127.0.0.1./",
        "https://127.0.0.01/",
        "https://0300.0250.0.1/",
        "https://2852039166/",
        "https://425.510.425.510/",
        "https://4294967297/",
    ]);
}

#[test]
fn a_private_address_in_ipv6() {
    not_fetched(&[
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fd00:ec2::254]/",
        "https://[0:0:0:0:0:0:0:1]/",
    ]);
}

#[test]
fn an_address_spelled_otherwise() {
    not_fetched(&[
        "https://[2606:4700:0::1111]/",
        "https://[2606:4700:0:0:0:0:0:1111]/",
        "https://[2606:4700::1111",
        "https://2606:4700::1111/",
        "https://[2606:4700::1111]evil.com/",
        "https://[2606:4700::1111].acme.com/",
        "https://93.184.215.014/",
        "https://93.184.55054/",
        "https://1572395790/",
    ]);
}

#[test]
fn a_private_address_in_the_grant() {
    for host in
        ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "localhost", "2130706433", "*.1"]
    {
        let made = UrlPattern::new(["https"], [host]);
        let is_refused = matches!(made, Err(ConstraintError::Url { part: UrlPart::Host, .. }));
        assert!(is_refused, "{host}: {made:?}");
    }
}

#[test]
fn a_whole_top_level_domain_in_the_grant() {
    for host in ["*.com", "*", "*.", "*.*.com", "acme.*", "a*.acme.com", "**.acme.com", ""] {
        let made = UrlPattern::new(["https"], [host]);
        assert!(matches!(made, Err(ConstraintError::Url { part: UrlPart::Host, .. })), "{host}");
    }
}

#[test]
fn a_host_in_another_spelling() {
    not_fetched(&[
        "https://ACME.com/",
        "https://acme.com./",
        "https://.acme.com/",
        "https://api..acme.com/",
        "https://-.acme.com/",
        "https://a_b.acme.com/",
        "https://%61cme.com/",
        "https://acme%2ecom/",
    ]);
}

#[test]
fn a_host_in_letters_that_look_alike() {
    not_fetched(&[
        "https://\u{430}cme.com/",
        "https://acme\u{3002}com/",
        "https://acme\u{ff0e}com/",
        "https://acm\u{212f}.com/",
        "https://\u{24d0}cme.com/",
        "https://xn--cme-5cd.com/",
        "https://ac\u{ad}me.com/",
        "https://evil.com\u{ff0f}.acme.com/",
        "https://evil.c\u{2105}.acme.com/",
    ]);
}

#[test]
fn another_port() {
    not_fetched(&[
        "https://acme.com:22/",
        "https://acme.com:80/",
        "https://acme.com:0/",
        "https://acme.com:0443/",
        "https://acme.com:/",
        "https://acme.com:+443/",
        "https://acme.com:65979/",
        "https://acme.com:4294967739/",
        "https://acme.com:443:22/",
        "https://acme.com:443@evil.com/",
        "https://acme.com:\u{ff14}\u{ff14}\u{ff13}/",
    ]);
}

#[test]
fn a_path_outside_of_the_granted_one() {
    let below =
        UrlPattern::new(["https"], ["acme.com"]).and_then(|own| own.with_path_prefix("/v1"));
    let limit = Constraint::url(below.unwrap());
    assert!(fetching(limit.clone(), "https://acme.com/v1/x").is_allowed());
    for path in [
        "",
        "/",
        "/v10",
        "/v2",
        "/V1/x",
        "/v1/../v2",
        "/v1/..",
        "/v1/%2e%2e/v2",
        "/v1/.%2e/v2",
        "/v1//v2",
        "//v1",
        "/v1/..;/v2",
        "/v1/..%2fv2",
        "/v1\\..\\v2",
        "/v1/%252e%252e/v2",
        "/v1%2f..%2fv2",
        "/%761/x",
        "/v1/%c0%ae%c0%ae/v2",
        "/v1/%00",
        "/v1/%zz",
        "/v1/x#a#b",
    ] {
        let decision = fetching(limit.clone(), &format!("https://acme.com{path}"));
        refused(decision, [(Some(0), DenyCode::ArgumentRefused)]);
    }
}

#[test]
fn an_address_outside_of_the_granted_network() {
    let limit = Constraint::cidr("10.1.0.0/16").unwrap();
    assert!(fetching(limit.clone(), "10.1.2.3").is_allowed());
    for address in [
        "10.2.0.1",
        "10.1.2",
        "10.1.2.03",
        "010.1.2.3",
        "167838211",
        "0xa010203",
        "::ffff:10.1.2.3",
        "10.1.2.3 ",
        "10.1.2.3/32",
        "10.1.2.3:80",
        "10.1.2.256",
        "\u{ff11}0.1.2.3",
        "10.1.2.3\0",
    ] {
        refused(fetching(limit.clone(), address), [(Some(0), DenyCode::ArgumentRefused)]);
    }
}

/// All IPv6 forms of this IPv4 address, as RFC 5952 writes them.
fn as_ipv6(inner: Ipv4Addr) -> Vec<String> {
    let inner = u128::from(inner.to_bits());
    let at = |network: &str, shift: u32| {
        let network: Ipv6Addr = network.parse().unwrap();
        Ipv6Addr::from_bits(network.to_bits() | (inner << shift)).to_string()
    };
    vec![
        at("::", 0),
        at("::ffff:0:0", 0),
        at("::ffff:0:0:0", 0),
        at("64:ff9b::", 0),
        at("64:ff9b:1::", 0),
        // RFC 6052 also allows prefixes of 48, 56 and 64 bits.
        at("64:ff9b:1::", 48),
        at("64:ff9b:1:fffe::", 0),
        at("2002::", 80),
        at("2002::1", 80),
        // Teredo has the server in clear and the client inverted.
        at("2001::", 64),
        at("2001:0:808:808::", 0),
        at("2001:db8::5efe:0:0", 0),
        at("2001:db8::200:5efe:0:0", 0),
        at("2606:4700::5efe:0:0", 0),
        at("2606:4700::200:5efe:0:0", 0),
        at("fe80::5efe:0:0", 0),
    ]
}

/// None of these forms reaches a network that a limit excludes, nor the local network through one
/// that a limit permits; and `within` agrees with `permits`.
#[test]
fn an_ipv4_address_written_as_ipv6() {
    let networks = [
        "0.0.0.0/0",
        "10.0.0.0/8",
        "8.8.8.8/32",
        "::/0",
        "::/96",
        "2000::/3",
        "2001:db8::/32",
        "fe80::/10",
        "64:ff9b::/32",
    ];
    for inner in [[10, 1, 2, 3], [127, 0, 0, 1], [169, 254, 169, 254], [8, 8, 8, 8]] {
        for text in as_ipv6(inner.into()) {
            for network in networks {
                let limit = Constraint::cidr(network).unwrap();
                assert!(!limit.permits(&Value::from(&*text)), "{text} in {network}");
                assert!(!Constraint::equals(&*text).within(&limit), "{text} in {network}");
                refused(fetching(limit, &text), [(Some(0), DenyCode::ArgumentRefused)]);
            }
            let own = Constraint::cidr(&format!("{text}/128"));
            assert!(matches!(own, Err(ConstraintError::Cidr { .. })), "{own:?}");
            let host = UrlPattern::new(["https"], [format!("[{text}]")]);
            assert!(
                matches!(host, Err(ConstraintError::Url { part: UrlPart::Host, .. })),
                "{host:?}"
            );
            not_fetched(&[&format!("https://[{text}]/")]);
        }
    }
    let limit = Constraint::cidr("::/0").unwrap();
    for plain in [
        "::",
        "::1",
        "2606:4700::1111",
        "64:ff9b:2::1",
        "2001:1::1",
        "2003::1",
        "2606:4700::5efe:0:0:1",
    ] {
        assert!(limit.permits(&Value::from(plain)), "{plain}");
    }
}

/// Below a path prefix, a URL can climb like a path.
#[test]
fn a_url_that_climbs_out_of_its_prefix() {
    let below = UrlPattern::new(["https"], ["acme.com"]).unwrap().with_path_prefix("/v1").unwrap();
    let below = Constraint::url(below);
    assert!(fetching(below.clone(), "https://acme.com/v1/accounts;v=1/%C3%A9").is_allowed());
    for climbing in [
        "..",
        "..;",
        "..%3b",
        "..%20",
        "%20..",
        "..%3f",
        "..%23",
        "..%3B/..%3B",
        "%e0%80%ae%e0%80%ae",
        "%f0%80%80%ae.",
        "..%ad",
        "%ef%bc%8e%ef%bc%8e",
        "x%ef%bc%8f..%ef%bc%8f",
        "..%e2%80%8b",
        ";",
        ";x",
    ] {
        let url = format!("https://acme.com/v1/{climbing}/admin");
        refused(fetching(below.clone(), &url), [(Some(0), DenyCode::ArgumentRefused)]);
    }
}
