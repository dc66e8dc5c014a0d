//! Each message names what is wrong, and not something else that the same check would refuse.

use deputize::{Capability, Constraint, Request};

/// A refused text, a part of the message, and words about causes that it does not have.
fn each_names_its_cause(refused: impl Fn(&str) -> String, cases: &[(&str, &str)]) {
    for (text, cause) in cases {
        let message = refused(text);
        assert!(message.contains(cause), "{text}: {message}");
        // No other case of the table has this cause.
        for (_, other) in cases.iter().filter(|(_, other)| other != cause) {
            assert!(!message.contains(other), "{text}: {message}");
        }
    }
}

#[test]
fn a_path() {
    let cases = [
        ("", "is empty"),
        ("a//b", "has an empty segment"),
        ("/a", "has an empty segment"),
        ("a/../b", "has a `.` or `..` segment"),
        ("a/.", "has a `.` or `..` segment"),
        ("channels/#general", "begins with `;`, `?` or `#`"),
        ("a/?b", "begins with `;`, `?` or `#`"),
        ("a/;b", "begins with `;`, `?` or `#`"),
        ("a/\u{ff03}b", "begins with `;`, `?` or `#`"),
        ("a/..;b", "some readers take for `.` or `..`"),
        ("a/.#", "some readers take for `.` or `..`"),
        ("a/. ./b", "some readers take for `.` or `..`"),
        ("a/\u{2025}/b", "some readers take for `.` or `..`"),
        ("a/c:/b", "begins with a drive letter"),
        ("a\\b", "has a backslash"),
        ("a/\u{2044}b", "turns into `/`, `\\` or `%`"),
        ("a/b\u{200b}", "invisible or changes the direction"),
        ("a/b\u{1d159}", "invisible or changes the direction"),
        ("100%", "has a `%` without two hexadecimal digits"),
        ("50%/x", "has a `%` without two hexadecimal digits"),
        ("a%2Gb", "has a `%` without two hexadecimal digits"),
        ("a/%2e%2e/b", "has a percent-escape that is not UTF-8, or hides"),
        ("a%ffb", "has a percent-escape that is not UTF-8, or hides"),
    ];
    let resource = |text: &str| Request::new("f", text, "s").unwrap_err().to_string();
    each_names_its_cause(resource, &cases);
    let pattern = |text: &str| Capability::new("f", text).unwrap_err().to_string();
    each_names_its_cause(pattern, &cases);
    let below = [
        ("/**", "the resource `/**` has an empty segment"),
        ("/*", "the resource `/*` has an empty segment"),
        ("a/../**", "the resource `a/../**` has a `.` or `..` segment"),
        ("a/*/**", "the resource `a/*/**` has a `*` where no wildcard is allowed"),
        ("#a/*", "the resource `#a/*` has a segment that begins with"),
    ];
    each_names_its_cause(pattern, &below);
}

#[test]
fn an_operation() {
    let pattern = |text: &str| Capability::new(text, "r").unwrap_err().to_string();
    each_names_its_cause(
        pattern,
        &[
            ("", "the operation `` is empty"),
            (".*", "the operation `.*` has an empty segment"),
            ("a..*", "the operation `a..*` has an empty segment"),
            ("a b.*", "the operation `a b.*` has a character other than"),
            ("a.*.b", "the operation `a.*.b` has a character other than"),
        ],
    );
}

#[test]
fn a_network() {
    let cidr = |text: &str| Constraint::cidr(text).unwrap_err().to_string();
    each_names_its_cause(
        cidr,
        &[
            ("192.168.1.5/24", "beyond its prefix length; write `192.168.1.0/24`"),
            ("10.9.0.0/8", "beyond its prefix length; write `10.0.0.0/8`"),
            ("2001:db8::1/64", "beyond its prefix length; write `2001:db8::/64`"),
            ("2001:DB8::/64", "is not in canonical form; write `2001:db8::/64`"),
            ("10.0.0.1", "is not a network; write `10.0.0.1/32`"),
            ("acme.com", "is not a network; write a network such as"),
            ("::ffff:10.0.0.0/104", "consists of IPv4 addresses written as IPv6"),
        ],
    );
}
