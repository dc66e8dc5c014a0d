//! What each kind of constraint permits, and the spellings that must not get past it.

use deputize::{Cidr, Constraint, ConstraintError, ConstraintKind, UrlPattern, Value};

fn check(constraint: &Constraint, allowed: &[Value], denied: &[Value]) {
    for value in allowed {
        assert!(constraint.permits(value), "[{constraint}] denies {value}");
    }
    for value in denied {
        assert!(!constraint.permits(value), "[{constraint}] permits {value}");
    }
}

fn check_texts(constraint: &Constraint, allowed: &[&str], denied: &[&str]) {
    let values = |texts: &[&str]| texts.iter().copied().map(Value::from).collect::<Vec<_>>();
    check(constraint, &values(allowed), &values(denied));
    let others = [
        Value::Null,
        Value::from(true),
        Value::from(1),
        Value::from(values(allowed)),
        Value::List(Vec::new()),
    ];
    check(constraint, &[], &others);
}

fn list(items: &[&str]) -> Value {
    Value::from(items.to_vec())
}

#[test]
fn every_kind_permits_something_and_denies_what_it_is_not_about() {
    for kind in ConstraintKind::ALL {
        let (limit, permitted) = match kind {
            ConstraintKind::Equals => (Ok(Constraint::equals("a")), Value::from("a")),
            ConstraintKind::OneOf => (Ok(Constraint::one_of([1, 2])), Value::from(2)),
            ConstraintKind::NoneOf => (Ok(Constraint::none_of([1, 2])), Value::from(3)),
            ConstraintKind::Min => (Ok(Constraint::min(1)), Value::from(1)),
            ConstraintKind::Max => (Ok(Constraint::max(1)), Value::from(1)),
            ConstraintKind::Prefix => (Ok(Constraint::prefix("a")), Value::from("ab")),
            ConstraintKind::Suffix => (Ok(Constraint::suffix("b")), Value::from("ab")),
            ConstraintKind::Glob => (Constraint::glob("a/*"), Value::from("a/b")),
            ConstraintKind::Subpath => (Constraint::subpath("a"), Value::from("a/b")),
            ConstraintKind::Url => (
                UrlPattern::new(["https"], ["acme.com"]).map(Constraint::url),
                Value::from("https://acme.com/"),
            ),
            ConstraintKind::Cidr => (Constraint::cidr("10.0.0.0/8"), Value::from("10.1.2.3")),
            ConstraintKind::MaxLen => (Ok(Constraint::max_len(1)), Value::from("a")),
            ConstraintKind::SubsetOf => (Ok(Constraint::subset_of(["a"])), list(&["a"])),
            ConstraintKind::ContainsAll => (Ok(Constraint::contains_all(["a"])), list(&["a"])),
            ConstraintKind::Each => (Constraint::each(Constraint::max(1)), Value::from(vec![1])),
        };
        let limit = limit.unwrap();
        assert_eq!(limit.kind(), *kind);
        check(&limit, &[permitted], &[Value::Null, Value::from(true), Value::from(vec![true; 2])]);
    }
}

#[test]
fn scalars_and_sets() {
    let [null, yes, no] = [Value::Null, Value::from(true), Value::from(false)];
    let [one, two, text, empty] = [1.into(), 2.into(), "1".into(), "".into()];
    let all = [null, yes, no, one, two, text, empty, list(&[]), list(&["1"])];
    let permitted = |constraint: Constraint| -> Vec<String> {
        let permitted = all.iter().filter(|value| constraint.permits(value));
        permitted.map(ToString::to_string).collect()
    };
    assert_eq!(permitted(Constraint::equals(1)), ["1"]);
    assert_eq!(permitted(Constraint::equals("1")), ["\"1\""]);
    assert_eq!(permitted(Constraint::equals(Value::Null)), ["null"]);
    assert_eq!(permitted(Constraint::equals(list(&["1"]))), ["[\"1\"]"]);
    let mixed = [Value::Null, Value::from(1), Value::from("")];
    assert_eq!(permitted(Constraint::one_of(mixed.clone())), ["null", "1", "\"\""]);
    assert_eq!(permitted(Constraint::none_of([1, 3])), ["2"]);
    assert_eq!(permitted(Constraint::none_of(["1"])), ["\"\""]);
    assert_eq!(permitted(Constraint::none_of([true])), ["false"]);
    assert_eq!(permitted(Constraint::min(2)), ["2"]);
    assert_eq!(permitted(Constraint::max(1)), ["1"]);
    // Neither of these can be written into a token; they deny all the same.
    let none: [String; 0] = [];
    assert_eq!(permitted(Constraint::none_of(none.clone())), none);
    assert_eq!(permitted(Constraint::none_of(mixed)), none);
}

#[test]
fn the_order_of_a_list_counts_where_the_list_is_the_value() {
    let own = Constraint::equals(list(&["a", "b"]));
    let denied = [list(&["b", "a"]), list(&["a"]), list(&["a", "b", "b"]), Value::from("a")];
    check(&own, &[list(&["a", "b"])], &denied);
}

#[test]
fn lengths_and_lists() {
    let null = Value::Null;
    check(
        &Constraint::max_len(2),
        &["", "ab", "é"]
            .map(Value::from)
            .into_iter()
            .chain([list(&["abc", "b"])])
            .collect::<Vec<_>>(),
        &[
            Value::from("abc"),
            Value::from("éa"),
            list(&["a", "b", "c"]),
            Value::from(1),
            null.clone(),
        ],
    );
    check(
        &Constraint::subset_of(["a", "b"]),
        &[list(&[]), list(&["a"]), list(&["b", "a", "b"])],
        &[list(&["a", "c"]), Value::from("a"), null.clone()],
    );
    check(
        &Constraint::contains_all(["a", "b"]),
        &[list(&["b", "a"]), list(&["a", "c", "b", "a"])],
        &[list(&[]), list(&["a", "a"]), Value::from("a"), null],
    );
}

#[test]
fn each_element_of_a_list() {
    let each = |limit| Constraint::each(limit).unwrap();
    let null = Value::from(vec![Value::Null]);
    check(
        &each(Constraint::subpath("/srv").unwrap()),
        &[list(&[]), list(&["/srv"]), list(&["/srv/a", "/srv/b", "/srv/a"])],
        &[
            list(&["/srv/a", "/etc/hostname"]),
            list(&["/srv/../etc"]),
            Value::from("/srv"),
            Value::from(vec![Value::from("/srv"), Value::from(1)]),
            null.clone(),
        ],
    );
    check(
        &each(Constraint::none_of([1, 2])),
        &[list(&[]), Value::from(vec![3, 4])],
        &[Value::from(vec![3, 1]), list(&["3"]), null.clone(), Value::from(3)],
    );
    check(
        &each(Constraint::max_len(1)),
        &[list(&["a", ""])],
        &[list(&["a", "é"]), Value::from(vec![1]), null, Value::from("a")],
    );
}

/// What is asked of lists is asked beside `each`, and what lists values is `subset_of`.
#[test]
fn each_takes_limits_on_scalars_that_list_no_values() {
    let inner = Constraint::each(Constraint::max(1)).unwrap();
    for (limit, remedy) in [
        (Constraint::equals(1), "subset_of"),
        (Constraint::one_of([1]), "subset_of"),
        (Constraint::subset_of([1]), "beside `each`"),
        (Constraint::contains_all([1]), "beside `each`"),
        (inner, "by `*`"),
        (Constraint::prefix(""), "1 to 4096 bytes"),
    ] {
        let error = Constraint::each(limit).unwrap_err().to_string();
        assert!(error.contains(remedy), "{error}");
    }
}

#[test]
fn prefixes_and_suffixes() {
    check_texts(&Constraint::prefix("a/"), &["a/", "a/b", "a/../b"], &["", "a", "A/b", "ba/"]);
    check_texts(
        &Constraint::suffix("@acme.com"),
        &["@acme.com", "bob@acme.com"],
        &["bob@acme.com ", "bob@ACME.com", "bob@acme.com.evil.com", "acme.com"],
    );
}

#[test]
fn globs() {
    let all = Constraint::glob("**").unwrap();
    let denied = [
        "",
        "/",
        "/etc/passwd",
        "a//b",
        "a/",
        ".",
        "..",
        "../a",
        "a/./b",
        "a/..",
        "a\\b",
        "a\nb",
        "a\u{200b}b",
        "a\u{202e}b",
        "100%",
        "%2e%2e/a",
        "a%2Fb",
        "a%5cb",
        "%252e",
        "a%00",
    ];
    check_texts(&all, &["a", "a/b/c", "...", "a b", "über", "a*"], &denied);
    check_texts(&all, &[], &[&"a".repeat(4097)]);
    check_texts(
        &Constraint::glob("reports/*.csv").unwrap(),
        &["reports/q3.csv", "reports/.csv"],
        &["reports/2026/q3.csv", "reports/q3.csv/", "reports/q3.csv.exe", "reports//q3.csv"],
    );
    check_texts(
        &Constraint::glob("reports/**").unwrap(),
        &["reports", "reports/a", "reports/a/b"],
        &["reports/", "reports/../a", "reportsx", "/reports", "./reports/a"],
    );
    check_texts(&Constraint::glob("/**").unwrap(), &["/", "/a"], &["a", "//a", ""]);
    check_texts(&Constraint::glob(".*").unwrap(), &[".git", "..."], &[".", "..", "a"]);
}

#[test]
fn subpaths() {
    let denied = [
        "",
        "/",
        "/srv",
        "/srv/data/",
        "/srv/database",
        "/srv/data/..",
        "/srv/data/../etc",
        "/srv/data/./x",
        "/srv/data//x",
        "//srv/data/x",
        "srv/data/x",
        "/srv/data/..\\x",
        "/srv/data/%2e%2e/x",
        "/srv/data/%2E%2E%2Fx",
        "/srv/data/%252e%252e/x",
        "/srv/data/x\0",
        "/srv/data/x%00.txt",
        "/srv/data/\u{202e}x",
        "/SRV/data/x",
        "\\srv\\data\\x",
    ];
    let allowed = ["/srv/data", "/srv/data/x", "/srv/data/x/y", "/srv/data/..."];
    check_texts(&Constraint::subpath("/srv/data").unwrap(), &allowed, &denied);
    check_texts(&Constraint::subpath("data").unwrap(), &["data", "data/x"], &["/data", "x/data"]);
    check_texts(&Constraint::subpath("/").unwrap(), &["/", "/a/b"], &["", "a", "/a/", "/../a"]);
}

#[test]
fn networks() {
    check_texts(
        &Constraint::cidr("10.0.0.0/8").unwrap(),
        &["10.0.0.0", "10.255.255.255"],
        &[
            "11.0.0.0",
            "10.1",
            "10.0.0.01",
            "010.0.0.1",
            "0xa000001",
            "167772161",
            "10.0.0.1 ",
            "10.0.0.1/32",
            "::ffff:10.0.0.1",
            "::ffff:a00:1",
            "",
            "localhost",
        ],
    );
    check_texts(
        &Constraint::cidr("2001:db8::/32").unwrap(),
        &["2001:db8::", "2001:db8::1", "2001:db8:ffff::"],
        &["2001:DB8::1", "2001:db8:0::1", "2001:0db8::1", "[2001:db8::1]", "2001:db8::1%eth0"],
    );
    check_texts(&Constraint::cidr("::/0").unwrap(), &["::1"], &["::ffff:10.0.0.1", "10.0.0.1"]);
    let refused = [
        "",
        "10.0.0.0",
        "10.0.0.1/8",
        "10.0.0.0/08",
        "10.0.0.0/33",
        "10.0.0/8",
        "2001:DB8::/32",
        "2001:db8:0::/32",
        "2001:db8::1/32",
        "::ffff:0:0/96",
        "::ffff:10.0.0.0/104",
        "::ffff:0:0:0/96",
        "::a00:0/104",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "64:ff9b:1:a00::/64",
        "2001::/32",
        "2002::/16",
        "2002:a00::/24",
        "2001:db8::5efe:0:0/96",
        "2001:db8::200:5efe:a00:0/104",
        "10.0.0.0/-1",
        " 10.0.0.0/8",
        "10.0.0.0/8 ",
        "10.0.0.0/+8",
    ];
    for text in refused {
        assert!(text.parse::<Cidr>().is_err(), "`{text}`");
    }
    for text in [
        "0.0.0.0/0",
        "10.1.2.3/32",
        "::/0",
        "::/96",
        "::/127",
        "::1/128",
        "64:ff9b::/32",
        "2000::/3",
        "2001::/23",
        "2001:db8::/32",
        "2001:db8::5efe:0:0/95",
    ] {
        assert_eq!(text.parse::<Cidr>().unwrap().to_string(), text);
    }
}

/// Lists every host that an attacker could hope for, so that only the grammar denies.
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
        // Not this grammar.
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

#[test]
fn the_longest_address() {
    let net: Cidr = "1111::/16".parse().unwrap();
    assert!(net.permits("1111:2222:3333:4444:5555:6666:7777:8888"));
    assert!(!net.permits("1111:2222:3333:4444:5555:6666:7777:08888"));
}

/// A network of up to 16 addresses is held against a list, address by address.
#[test]
fn small_networks_lie_within_lists_of_their_addresses() {
    let v4: Vec<_> = (16..32).map(|i| format!("10.0.0.{i}")).collect();
    let v6: Vec<_> = (16..32).map(|i| format!("2001:db8::{i:x}")).collect();
    for (network, addresses) in [("10.0.0.16/28", v4), ("2001:db8::10/124", v6)] {
        let own = Constraint::cidr(network).unwrap();
        let all = Constraint::one_of(addresses.iter().map(String::as_str));
        assert!(own.within(&all), "{network}");
        for missing in 0..addresses.len() {
            let rest = addresses.iter().enumerate().filter(|(i, _)| *i != missing);
            let rest = Constraint::one_of(rest.map(|(_, address)| address.as_str()));
            assert!(!own.within(&rest), "{network} without {missing}");
        }
    }
}

/// As long as RFC 1035 lets a name be, with the longest port: one byte more is no host.
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
