//! `glob`, `subpath`, `prefix` and `suffix` against slow models, over all short strings.

use deputize::{Constraint, Glob, Subpath, Value};
use proptest::prelude::*;

/// All strings of up to `longest` characters of the alphabet.
fn strings(alphabet: &str, longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        last = last
            .iter()
            .flat_map(|stem| alphabet.chars().map(move |c| format!("{stem}{c}")))
            .collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// Values, in which `*` is an ordinary character that occurs in no literal part of a pattern.
fn values(longest: usize) -> Vec<String> {
    strings("ab*/", longest)
}

fn globs(longest: usize) -> Vec<Glob> {
    strings("ab/*", longest).iter().filter_map(|text| text.parse().ok()).collect()
}

/// The meaning of a glob, by exhaustive recursion without regard for time.
fn slow_glob(pattern: &str, text: &str) -> bool {
    let body = text.strip_prefix('/').unwrap_or(text);
    if text.is_empty() || pattern.starts_with('/') != text.starts_with('/') {
        return false;
    }
    if text != "/" && body.split('/').any(|s| s.is_empty() || s == "." || s == "..") {
        return false;
    }
    let cut = |text: &str| -> Vec<String> {
        text.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect()
    };
    slow_segments(&cut(pattern), &cut(text))
}

fn slow_segments(pattern: &[String], path: &[String]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, _) => path.is_empty(),
        (Some((p, rest)), first) if p == "**" => {
            slow_segments(rest, path) || first.is_some_and(|(_, tail)| slow_segments(pattern, tail))
        }
        (Some(_), None) => false,
        (Some((p, rest)), Some((s, tail))) => slow_segment(p, s) && slow_segments(rest, tail),
    }
}

fn slow_segment(pattern: &str, segment: &str) -> bool {
    let mut cut = pattern.chars();
    match cut.next() {
        None => segment.is_empty(),
        Some('*') => {
            let mut shorter = segment.chars();
            slow_segment(cut.as_str(), segment)
                || (shorter.next().is_some() && slow_segment(pattern, shorter.as_str()))
        }
        Some(c) => segment.strip_prefix(c).is_some_and(|rest| slow_segment(cut.as_str(), rest)),
    }
}

#[test]
fn short_globs_match_as_the_slow_matcher_does() {
    let values = values(5);
    let patterns = globs(5);
    assert!(patterns.len() > 300, "{}", patterns.len());
    let more = ["a*b*/**/b", "**/a/**/b/**", "*a*b*", "**/a*/*b", "/**/a/*/b/**", "a/**/*/b"];
    let more = more.iter().map(|text| text.parse().unwrap());
    for pattern in patterns.into_iter().chain(more) {
        for text in &values {
            let expected = slow_glob(pattern.as_str(), text);
            assert_eq!(pattern.permits(text), expected, "`{pattern}` on `{text}`");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn long_globs_match_as_the_slow_matcher_does(
        pattern in prop::collection::vec("\\*\\*|[ab*]{1,5}", 1..8),
        path in prop::collection::vec("[ab]{1,6}", 1..10),
    ) {
        let (pattern, path) = (pattern.join("/"), path.join("/"));
        if let Ok(glob) = pattern.parse::<Glob>() {
            prop_assert_eq!(glob.permits(&path), slow_glob(&pattern, &path));
        }
    }
}

#[test]
fn all_short_patterns_within_all_short_patterns() {
    let values: Vec<_> = values(6).into_iter().map(Value::from).collect();
    let mut pool: Vec<Constraint> = globs(4).into_iter().map(Constraint::Glob).collect();
    let literals = strings("ab/", 3);
    pool.extend(literals.iter().filter_map(|text| Constraint::subpath(text).ok()));
    let short = literals.iter().filter(|text| (1..3).contains(&text.len()));
    pool.extend(short.clone().map(Constraint::prefix));
    pool.extend(short.map(Constraint::suffix));
    let permitted: Vec<Vec<bool>> =
        pool.iter().map(|c| values.iter().map(|value| c.permits(value)).collect()).collect();
    let mut narrowings = 0_u32;
    for (child, own) in pool.iter().zip(&permitted) {
        for (parent, outer) in pool.iter().zip(&permitted) {
            let narrows = child.within(parent);
            if let (Constraint::Glob(child), Constraint::Glob(parent)) = (child, parent) {
                assert_eq!(child.within(parent), narrows, "{child} {parent}");
            }
            if !narrows && !is_decided(child, parent) {
                continue;
            }
            let against = own.iter().zip(outer).position(|(own, outer)| *own && !*outer);
            let against = against.and_then(|at| values.get(at));
            assert_eq!(narrows, against.is_none(), "`{child}` within `{parent}`: {against:?}");
            narrowings = narrowings.saturating_add(narrows.into());
        }
    }
    assert!(narrowings > 2_500, "{narrowings}");
}

/// Returns true if `within` promises to be complete: paths within paths, without segments `*` and
/// `**` side by side.
fn is_decided(child: &Constraint, parent: &Constraint) -> bool {
    let is_path = |c: &Constraint| matches!(c, Constraint::Glob(_) | Constraint::Subpath(_));
    let segments: Vec<_> = match parent {
        Constraint::Glob(glob) => glob.as_str().split('/').collect(),
        _ => Vec::new(),
    };
    let is_mixed = |pair: &[&str]| matches!(pair, ["*", "**"] | ["**", "*"]);
    is_path(child) && is_path(parent) && !segments.windows(2).any(is_mixed)
}

#[test]
fn a_glob_costs_no_more_than_its_length_times_the_texts() {
    let pattern: Glob = format!("{}b", "*a".repeat(100)).parse().unwrap();
    let text = "a".repeat(4096);
    let segments: Glob = format!("{}b", "**/a*a/".repeat(30)).parse().unwrap();
    let path = vec!["aa".repeat(31); 64].join("/");
    // A matcher that tries every split would not end.
    for _ in 0..100 {
        assert!(!pattern.permits(&text));
        assert!(!segments.permits(&path));
    }
}

#[test]
fn patterns_that_could_be_read_in_two_ways_are_refused() {
    let refused = [
        "",
        "a/",
        "//",
        "/a//b",
        "a/./b",
        "../a",
        "a/..",
        "a**",
        "**a",
        "a/b**",
        "***",
        "**/**",
        "a/**/**/b",
        "a?",
        "[ab]",
        "{a,b}",
        "a\\*",
        "a\tb",
        "a\u{202e}b",
        "a\u{200b}",
        "%2e%2e/a",
        "a%2Fb",
        "a%252e",
    ];
    for text in refused {
        assert!(text.parse::<Glob>().is_err(), "`{text}`");
    }
    assert!("a".repeat(256).parse::<Glob>().is_ok());
    assert!("a".repeat(257).parse::<Glob>().is_err());
    let refused =
        ["", "a/", "/srv/", "//", "a//b", ".", "a/../b", "a/*", "**", "a\\b", "a\0", "%2e"];
    for text in refused {
        assert!(text.parse::<Subpath>().is_err(), "`{text}`");
    }
    assert!("a".repeat(4096).parse::<Subpath>().is_ok());
    assert!("a".repeat(4097).parse::<Subpath>().is_err());
    for text in ["/", "a", "/srv/data", "über/ä b"] {
        assert_eq!(text.parse::<Subpath>().unwrap().to_string(), text);
        assert_eq!(text.parse::<Glob>().unwrap().to_string(), text);
    }
}
