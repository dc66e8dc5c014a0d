//! Prefixes, suffixes, globs and subpaths.

use deputize::Constraint;

use super::check_texts;

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
