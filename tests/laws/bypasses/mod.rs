//! Strings that are known to get past limits on URLs, paths, patterns and addresses, and their
//! harmless neighbours, each with a verdict and the reason for it.
//!
//! A table has a line `limit` in the grammar of capabilities, and below it lines with the verdict,
//! the string as JSON, and the reason. `tests/compat/interop` judges the same tables by a second
//! implementation.

use std::str::FromStr;

use deputize::{Capability, Constraint, DenyCode, UrlPattern, Value};
use proptest::prelude::*;
use serde_json::{Deserializer, Map};
use url::Url;

use crate::oracle::{require_agreement, single};

const TABLES: [&str; 4] = [
    include_str!("urls.txt"),
    include_str!("paths.txt"),
    include_str!("globs.txt"),
    include_str!("addresses.txt"),
];

/// A line of a table, below its limit.
struct Row {
    capability: Capability,
    name: String,
    text: String,
    is_permitted: bool,
    why: String,
}

impl Row {
    fn limit(&self) -> &Constraint {
        &self.capability.constraints_on(&self.name).unwrap()[0]
    }
}

fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for table in TABLES {
        let mut limit = "";
        for line in table.lines().filter(|line| !line.is_empty()) {
            let (word, rest) = line.split_once(' ').unwrap();
            if word == "limit" {
                limit = rest;
                continue;
            }
            let mut text = Deserializer::from_str(rest).into_iter::<String>();
            rows.push(Row {
                capability: format!("crm.read a {limit}").parse().unwrap(),
                name: limit.split_once(':').unwrap().0.to_owned(),
                text: text.next().unwrap().unwrap(),
                is_permitted: word == "permit",
                why: rest[text.byte_offset()..].trim_start().to_owned(),
            });
            assert!(["permit", "deny"].contains(&word), "{line}");
            assert!(!rows.last().unwrap().why.is_empty(), "{line}");
        }
    }
    rows
}

/// The limit, the decision and Biscuit's engine agree with the verdict.
#[test]
fn every_string_has_its_verdict() {
    let rows = rows();
    assert!(rows.len() > 450, "{}", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        let value = Value::from(row.text.as_str());
        let args = Map::from_iter([(row.name.clone(), row.text.clone().into())]);
        let case = single(vec![row.capability.clone()], args).unwrap();
        let codes = require_agreement(&case);
        let expected: &[DenyCode] =
            if row.is_permitted { &[] } else { &[DenyCode::ArgumentRefused] };
        if row.limit().permits(&value) != row.is_permitted || codes != expected {
            wrong.push(format!("{} {:?}: {}, {codes:?}", row.limit(), row.text, row.why));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A limit on one string narrows the limit of its row if and only if it permits the string.
#[test]
fn narrowing_agrees_with_the_verdicts() {
    for row in rows() {
        let own = Constraint::equals(row.text.as_str());
        assert_eq!(own.within(row.limit()), row.is_permitted, "{}: {}", row.limit(), row.why);
        // The string as a pattern of its own, where it is one.
        let (text, limit) = (row.text.as_str(), row.limit());
        let patterns = [
            Constraint::glob(text).ok(),
            Constraint::subpath(text).ok(),
            UrlPattern::from_str(text).map(Constraint::url).ok(),
            Constraint::cidr(&format!("{text}/128")).ok(),
            Constraint::cidr(&format!("{text}/32")).ok(),
        ];
        for own in patterns.into_iter().flatten().filter(|own| own.permits(&text.into())) {
            assert!(row.is_permitted || !own.within(limit), "{own} within {limit}");
        }
    }
}

/// A browser reads a permitted URL as we do: its scheme, host and port are granted, its path is
/// the same or below, and what it sends would be permitted too.
fn means_the_same_to_a_browser(limit: &UrlPattern, text: &str) {
    let url = Url::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    let host = url.host_str().unwrap();
    let is_granted = |own: &String| match own.strip_prefix('*') {
        Some(below) => host.ends_with(below),
        None => host == own,
    };
    assert!(limit.schemes().contains(url.scheme()), "{text}: {url}");
    assert!(limit.hosts().iter().any(is_granted), "{text}: {url}");
    let port = url.port_or_known_default().unwrap();
    let has_port = match limit.ports().is_empty() {
        true => url.port().is_none(),
        false => limit.ports().contains(&port),
    };
    assert!(has_port, "{text}: {url}");
    let prefix = limit.path_prefix();
    let is_below = url.path() == prefix || url.path().starts_with(&format!("{prefix}/"));
    assert!(is_below, "{text}: {url}");
    assert!((url.username(), url.password()) == ("", None), "{text}: {url}");
    assert!(limit.permits(url.as_str()), "{text}: {url}");
}

#[test]
fn a_permitted_url_means_the_same_to_a_browser() {
    let mut checked = 0;
    for row in rows().iter().filter(|row| row.is_permitted) {
        if let Constraint::Url(limit) = row.limit() {
            means_the_same_to_a_browser(limit, &row.text);
            checked += 1;
        }
    }
    assert!(checked > 20, "{checked}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// URLs of the pieces from which attacks are built.
    #[test]
    fn no_mixture_of_tricks_means_another_place_to_a_browser(
        scheme in "https|http|HTTPS|ws",
        slashes in "://|:/|:|:///|:\\\\\\\\",
        host in "((acme\\.com|a\\.acme\\.com|evil\\.com|xn--acme-5cd|xn--c-qun|xn--a|ACME\\.com|127\\.1|0x7f|8\\.8\\.8\\.8|\\[2606:4700::1111\\]|localhost|intranet)[.@:/\\\\%]{0,2}){1,3}",
        port in "(:443|:80|:8443|:|:0443|:65979)?",
        path in "(/v1|/v2|/\\.\\.|/\\.|/%2e%2E|/%2f|/;|/\\.\\.;|/c:|/~|/a%20b|//|\\\\|/@evil\\.com|\\?|#|/x){0,5}",
    ) {
        let hosts = ["acme.com", "*.acme.com", "8.8.8.8", "[2606:4700::1111]", "intranet"];
        let any = UrlPattern::new(["https", "http"], hosts).unwrap();
        let below = any.clone().with_path_prefix("/v1").unwrap();
        let ported = any.clone().with_ports([443, 8443]).unwrap();
        // Half of the hosts are granted as they are.
        for host in [host.as_str(), "acme.com", "a.acme.com"] {
            let text = format!("{scheme}{slashes}{host}{port}{path}");
            for limit in [&any, &below, &ported].into_iter().filter(|own| own.permits(&text)) {
                means_the_same_to_a_browser(limit, &text);
            }
        }
    }
}
