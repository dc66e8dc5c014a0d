//! URLs: schemes, hosts, ports and paths.

use deputize::{Constraint, ConstraintError, UrlPattern};

use super::check_texts;

/// A limit that lists every host an attacker could want, so that only the grammar refuses.
fn lenient() -> Constraint {
    let hosts =
        ["*.acme.com", "acme.com", "intranet", "8.8.8.8", "[2606:4700::1111]", "xn--cme-6ma.com"];
    Constraint::url(UrlPattern::new(["http", "https"], hosts).unwrap())
}

#[test]
fn urls() {
    let allowed = [
        "https://acme.com",
        "https://acme.com/",
        "https://acme.com:443/a",
        "http://acme.com:80",
        "https://a.b.acme.com/x/y;v=1/z?q=a%2Fb&c[]=%25#top",
        "https://acme.com/?q=1",
        "https://acme.com/#a",
        "https://acme.com/@bob",
        "https://acme.com/a%20b/%C3%A9",
        "https://intranet/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://[2606:4700::1111]:443/",
        "https://xn--cme-6ma.com/",
        "https://acme.com/...",
    ];
    let denied = [
        // Not in the grammar.
        "",
        "acme.com",
        "//acme.com/",
        "https:/acme.com",
        "https:acme.com",
        "https:///acme.com",
        "https://",
        "https://?a",
        "://acme.com",
        "javascript://acme.com/%0aalert(1)",
        "ftp://acme.com/",
        "HTTPS://acme.com/",
        "Https://acme.com/",
        "https://ACME.com/",
        // Somebody else's host.
        "https://acme.com@evil.com/",
        "https://acme.com:443@evil.com/",
        "https://@acme.com/",
        "https://evil.com/@acme.com",
        "https://evil.com?acme.com",
        "https://evil.com#.acme.com",
        "https://acme.com?q=1",
        "https://acme.com#a",
        "https://acme.com#.evil.com/",
        "https://acme.com?@evil.com/",
        "https://acme.com#@evil.com/",
        "https://acme.com.evil.com/",
        "https://evilacme.com/",
        "https://.acme.com/",
        "https://-.acme.com/",
        "https://acme.com./",
        "https://a..acme.com/",
        "https://a.acme.com./",
        "https://a_b.acme.com/",
        "https://evil.com\\.acme.com/",
        "https://acme.com\\@evil.com/",
        "https:\\\\acme.com/",
        "https://evil.com%2f.acme.com/",
        "https://acme%2ecom/",
        "https://ac\u{ad}me.com/",
        // Not visible ASCII.
        "https://acme.com/a b",
        " https://acme.com/",
        "https://acme.com/ ",
        "https://acme.com/\t",
        "https://ac\tme.com/",
        "https://acme.com/\r\nHost: evil.com",
        "https://acme.com\n.evil.com",
        "https://acme.com/\u{0}",
        "https://аcme.com/",
        "https://acme。com/",
        "https://ａcme.com/",
        "https://acme.com/é",
        "https://acme.com/\u{202e}",
        "https://acme.com/\"<>`{|}^",
        // Ports.
        "https://acme.com:/",
        "https://acme.com:0443/",
        "https://acme.com:0/",
        "https://acme.com:80/",
        "https://acme.com:8443/",
        "https://acme.com:65979/",
        "https://acme.com:+443/",
        "https://acme.com:443:443/",
        "http://acme.com:443/",
        "https://acme.com:４４３/",
        // Paths.
        "https://acme.com/../a",
        "https://acme.com/a/..",
        "https://acme.com/./a",
        "https://acme.com/..;/a",
        "https://acme.com/.;x/a",
        "https://acme.com//a",
        "https://acme.com/a//",
        "https://acme.com/%2e%2e/a",
        "https://acme.com/%2E%2e/a",
        "https://acme.com/a%2fb",
        "https://acme.com/a%5Cb",
        "https://acme.com/a%252e",
        "https://acme.com/a%00",
        "https://acme.com/a%0d%0a",
        "https://acme.com/%c0%ae%c0%ae/",
        "https://acme.com/a%",
        "https://acme.com/a%2",
        "https://acme.com/a%zz",
        "https://acme.com/%+1",
        "https://acme.com/[a]",
        "https://acme.com/a#b#c",
        "https://acme.com/?%",
        "https://acme.com/?%+a",
        "https://acme.com/?a\\b",
        "https://acme.com/#\\",
        "https://acme.com/?a b",
        "https://acme.com/?a\r\nb",
        "https://acme.com/#\u{7f}",
        // Addresses that are not public, or not in their canonical text.
        "http://127.0.0.1/",
        "http://127.1/",
        "http://127.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://0/",
        "http://0.0.0.0/",
        "http://127.0.0.1./",
        "http://127.000.000.001/",
        "http://1.1.1.0x1/",
        "http://8.8.8.08/",
        "http://8.8.2056/",
        "http://134744072/",
        "http://0x08080808/",
        "http://0x/",
        "http://a.acme.0x7f/",
        "http://169.254.169.254/",
        "http://10.0.0.1/",
        "http://100.100.100.200/",
        "http://192.168.0.1/",
        "http://172.16.0.1/",
        "http://255.255.255.255/",
        "http://224.0.0.1/",
        "http://[::1]/",
        "http://[::]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:8.8.8.8]/",
        "http://[::8.8.8.8]/",
        "http://[64:ff9b::808:808]/",
        "http://[2002:808:808::1]/",
        "http://[2001:0:808:808::1]/",
        "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fd00:ec2::254]/",
        "http://[2606:4700:0::1111]/",
        "http://[2606:4700::1111",
        "http://2606:4700::1111/",
        "http://[2606:4700::1111]x/",
        "http://[8.8.8.8]/",
        "http://①②⑦.⓪.⓪.①/",
        "http://localhost/",
        "http://a.localhost/",
        "http://localhost:80/",
        "http://LOCALHOST/",
        "http://localhost./",
        "http://printer/",
    ];
    check_texts(&lenient(), &allowed, &denied);
    check_texts(&lenient(), &[], &[&format!("https://acme.com/{}", "a".repeat(4096))]);
}

#[test]
fn url_ports_and_paths() {
    let pattern = UrlPattern::new(["http", "https"], ["acme.com"]).unwrap();
    let ported = pattern.clone().with_ports([8443]).unwrap();
    check_texts(
        &Constraint::url(ported),
        &["https://acme.com:8443/", "http://acme.com:8443"],
        &["https://acme.com/", "https://acme.com:443/"],
    );
    check_texts(
        &Constraint::url(pattern.with_path_prefix("/v1").unwrap()),
        &[
            "https://acme.com/v1",
            "https://acme.com/v1/",
            "https://acme.com/v1?a",
            "http://acme.com/v1/x",
        ],
        &[
            "https://acme.com",
            "https://acme.com/",
            "https://acme.com/v10",
            "https://acme.com/v1;x",
            "https://acme.com/v1/../v2",
            "https://acme.com/V1",
            "https://acme.com/%761",
            "https://acme.com?/v1",
            "https://acme.com/a/v1",
        ],
    );
    let ssh = UrlPattern::new(["ssh"], ["acme.com"]).unwrap();
    check_texts(&Constraint::url(ssh.clone()), &[], &["ssh://acme.com/", "ssh://acme.com:22/"]);
    let ssh = Constraint::url(ssh.with_ports([22]).unwrap());
    check_texts(&ssh, &["ssh://acme.com:22/"], &["ssh://acme.com/"]);
}

#[test]
fn url_patterns_that_could_be_read_in_two_ways_are_refused() {
    let hosts = [
        "",
        "*",
        "*.",
        "*.com",
        "**.acme.com",
        "a.*.com",
        "*acme.com",
        "ACME.com",
        "acme.com.",
        ".acme.com",
        "a..com",
        "acme.com:443",
        "a_b.com",
        "-a.com",
        "a-.com",
        "аcme.com",
        "localhost",
        "a.localhost",
        "*.a.localhost",
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "10.0.0.1",
        "169.254.169.254",
        "0x7f000001",
        "2130706433",
        "1.2.3.0x4",
        "a.0x",
        "*.a.0x7f",
        "*.8.8.8.8",
        "8.8.8.08",
        "2606:4700::1111",
        "[2606:4700::1111",
        "[2606:4700:0::1111]",
        "[::1]",
        "[::ffff:8.8.8.8]",
        "user@acme.com",
        "acme.com/",
    ];
    for host in hosts {
        assert!(UrlPattern::new(["https"], [host]).is_err(), "`{host}`");
    }
    let label = "a".repeat(64);
    assert!(UrlPattern::new(["https"], [format!("{label}.com")]).is_err());
    assert!(UrlPattern::new(["https"], ["a.".repeat(127)]).is_err());
    for scheme in ["", "HTTPS", "https:", "1a", "ht tp", "hé"] {
        assert!(UrlPattern::new([scheme], ["acme.com"]).is_err(), "`{scheme}`");
    }
    let none: [&str; 0] = [];
    assert!(UrlPattern::new(none, ["acme.com"]).is_err());
    assert!(UrlPattern::new(["https"], none).is_err());
    let hosts = (0..=256).map(|i| format!("a{i}.com"));
    assert!(UrlPattern::new(["https"], hosts).is_err());
    let pattern = UrlPattern::new(["https"], ["acme.com"]).unwrap();
    assert!(pattern.clone().with_ports([0, 1]).is_err());
    assert!(pattern.clone().with_ports(1..=257).is_err());
    let long = format!("/{}", "a".repeat(4096));
    for prefix in
        ["v1", "/v1/", "//", "/a/../b", "/%2e", "/a b", "/a?b", "/a#b", "/é", long.as_str()]
    {
        assert!(pattern.clone().with_path_prefix(prefix).is_err(), "`{prefix}`");
    }
    assert_eq!(pattern.clone().with_path_prefix("/").unwrap(), pattern);
}

/// RFC 1035: 253 bytes in a name, 63 in a label.
#[test]
fn the_longest_hosts() {
    let label = |length: usize| "a".repeat(length);
    let name =
        |first: usize| format!("{}.{1}.{1}.{2}.acme.com", label(first), label(63), label(52));
    assert_eq!(name(63).len(), 253);
    let below = UrlPattern::new(["https"], ["*.acme.com"]).unwrap();
    let shorter = name(62).replacen('.', ".b.", 1);
    for (host, is_fine) in [
        (name(63), true),
        (name(64), false),
        (shorter, false),
        (format!("{}.acme.com", label(63)), true),
        (format!("{}.acme.com", label(64)), false),
    ] {
        assert_eq!(UrlPattern::new(["https"], [&*host]).is_ok(), is_fine, "{host}");
        assert_eq!(below.permits(&format!("https://{host}/")), is_fine, "{host}");
    }
}

#[test]
fn a_url_pattern_of_nothing_is_empty() {
    let none: [&str; 0] = [];
    for made in [UrlPattern::new(none, ["a.com"]), UrlPattern::new(["https"], none)] {
        assert!(matches!(made, Err(ConstraintError::Empty { .. })), "{made:?}");
    }
}

/// The longest name of RFC 1035 with the longest port: one byte more is not a host.
#[test]
fn the_longest_host_and_port() {
    let label = "a".repeat(63);
    let host = format!("{label}.{label}.{label}.{}", "b".repeat(61));
    assert_eq!(host.len(), 253);
    let pattern =
        UrlPattern::new(["https"], [host.as_str()]).unwrap().with_ports([65_535]).unwrap();
    assert!(pattern.permits(&format!("https://{host}:65535/x")));
    assert!(!pattern.permits(&format!("https://{host}b:65535/x")));
    assert!(!pattern.permits(&format!("https://{host}:655350/x")));
}
