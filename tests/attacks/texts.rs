//! The attacker holds a valid token for a part of a tree of resources or paths, and wants another
//! part: by spellings that the verifier and the service could read differently.

use std::str::FromStr;

use deputize::{
    Capability, Constraint, ConstraintError, Decision, DenyCode, Request, RequestError,
    ResourcePattern, UrlPattern, Value,
};
use time::Duration;

use crate::common::forging::{decided_on_args, decided_on_request};
use crate::common::{
    crm_request, grant, mint, now, planner, present_for, refused, shown, verifier,
};

/// Decides about a call on this resource with the standard chain.
fn on(resource: &str) -> Decision {
    decided_on_request("crm.read", resource, r#"{"limit": 5}"#)
}

/// Checks that no request can name these as a resource, and no path limit permits them.
#[track_caller]
pub(crate) fn no_path(texts: &[&str]) {
    for text in texts {
        let made = Request::new("files.read", text, "files.acme.com");
        let is_refused = matches!(made, Err(RequestError::Resource(_)));
        assert!(is_refused, "{text}: {made:?}");
        let value = Value::from(*text);
        assert!(!Constraint::subpath("a").unwrap().permits(&value), "{text}");
        assert!(!Constraint::glob("**").unwrap().permits(&value), "{text}");
        assert!(!Constraint::glob("a/**").unwrap().permits(&value), "{text}");
        let pattern = ResourcePattern::from_str(&format!("{text}/**"));
        assert!(pattern.is_err(), "{text}");
        // A URL has no characters beyond ASCII.
        let url = format!("https://acme.com/{text}");
        let api = UrlPattern::new(["https"], ["acme.com"]).unwrap();
        let is_relative = !text.starts_with('/') && !text.is_empty();
        assert!(!is_relative || text.ends_with('/') || !api.permits(&url), "{url}");
    }
}

/// Some readers cut a text at `;`, `?` and `#`, and other characters are converted to these.
#[test]
fn a_resource_that_climbs_before_the_cut() {
    no_path(&["a/..;/b", "a/..;x/b", "a/.;/b", "a/;/b", "a/;x=1/b", "a/..%3b/b", "a/%3b/b"]);
    no_path(&["a/..%3f/b", "a/..%23/b", "a/%20../b", "a/..%3B/..%3B/b", "a/..%20"]);
    for folded in [
        '\u{37e}', '\u{fe14}', '\u{fe54}', '\u{ff1b}', '\u{2047}', '\u{2048}', '\u{fe16}',
        '\u{fe56}', '\u{ff1f}', '\u{fe5f}', '\u{ff03}',
    ] {
        no_path(&[&format!("a/..{folded}/b"), &format!("a/{folded}x/b")]);
    }
}

/// An escape is decoded once, and its result is judged in its place.
#[test]
fn a_resource_that_climbs_in_escapes_of_other_characters() {
    no_path(&["a/%ef%bc%8e%ef%bc%8e/b", "a/%e2%80%a5/b", "a/x%ef%bc%8f..%ef%bc%8fb"]);
    no_path(&["a/..%cd%be/b", "a/..%c2%ad/b", "a/..%e2%80%8b/b", "a/%e2%84%80"]);
}

#[test]
fn escapes_that_two_readers_read_differently() {
    no_path(&["a/%%32%65/b", "a/%%32e/b", "a/%2/b", "a/%", "a/%u002e/b", "a/%g0/b", "a/%+2/b"]);
    no_path(&[
        "a/x\u{ff05}\u{ff12}f",
        "a/x%\u{ff12}f..%\u{ff12}f",
        "a/%\u{b2}e%\u{b2}e/b",
        "a/%2\u{ff45}/b",
    ]);
    no_path(&["a/%c0%ae/b", "a/%e0%80%ae%e0%80%ae/b", "a/%f0%80%80%ae./b", "a/..%ad/b", "a/%ff"]);
}

/// Otherwise names in other languages could not be written.
#[test]
fn escapes_of_other_characters_are_not_attacks() {
    for text in ["a/%c3%a9t%C3%A9", "a/%e0%b8%81", "a/50%20years", "a/x%3fy", "a/b;v=1", "a/...;x"]
    {
        assert!(Request::new("files.read", text, "files.acme.com").is_ok(), "{text}");
        assert!(Constraint::glob("a/*").unwrap().permits(&Value::from(text)), "{text}");
        let api = UrlPattern::new(["https"], ["acme.com"]).unwrap().with_path_prefix("/a").unwrap();
        assert!(api.permits(&format!("https://acme.com/{text}")), "{text}");
    }
}

/// Checks that calls with these paths as the argument are refused where paths below `data` are
/// granted.
#[track_caller]
pub(crate) fn no_file(texts: &[&str]) {
    for text in texts {
        for limit in [Constraint::subpath("data").unwrap(), Constraint::glob("data/**").unwrap()] {
            let own =
                Capability::new("crm.read", "**").and_then(|own| own.with_arg("path", [limit]));
            let args = serde_json::json!({ "path": text }).to_string();
            refused(decided_on_args(own.unwrap(), &args), [(Some(0), DenyCode::ArgumentRefused)]);
        }
    }
}

#[test]
fn a_resource_beside_the_granted_one() {
    refused(on("accounts/apac/7"), [(Some(1), DenyCode::ResourceNotGranted)]);
}

#[test]
fn a_resource_that_begins_like_the_granted_one() {
    for resource in ["accounts/emea2/7", "accounts/emea.7", "accounts/emea", "accounts/emea;x/7"] {
        refused(on(resource), [(Some(1), DenyCode::ResourceNotGranted)]);
    }
}

#[test]
fn a_resource_in_another_case() {
    refused(on("accounts/EMEA/42"), [(Some(1), DenyCode::ResourceNotGranted)]);
    refused(
        on("Accounts/emea/42"),
        [(Some(0), DenyCode::ResourceNotGranted), (Some(1), DenyCode::ResourceNotGranted)],
    );
}

#[test]
fn a_resource_in_letters_that_look_alike() {
    // A Cyrillic `e`, full-width letters, a Greek `a`.
    for resource in ["accounts/\u{435}mea/42", "accounts/\u{ff45}\u{ff4d}\u{ff45}\u{ff41}/42"] {
        refused(on(resource), [(Some(1), DenyCode::ResourceNotGranted)]);
    }
    let decision = on("\u{3b1}ccounts/emea/42");
    refused(
        decision,
        [(Some(0), DenyCode::ResourceNotGranted), (Some(1), DenyCode::ResourceNotGranted)],
    );
}

#[test]
fn a_resource_that_is_normalised_otherwise() {
    let composed = Capability::new("crm.read", "caf\u{e9}/**").unwrap();
    let grant = grant("planner", &planner(), composed, Duration::hours(1));
    let decide = |resource: &str| {
        let call = crm_request("crm.read", resource, "{}");
        let raw = present_for(mint(grant.clone()), &planner(), &call);
        verifier().decide(shown(&raw), call, now())
    };
    assert!(decide("caf\u{e9}/1").is_allowed());
    refused(decide("cafe\u{301}/1"), [(Some(0), DenyCode::ResourceNotGranted)]);
}

/// `%65` is an `e` to a reader that decodes, but is compared as three characters.
#[test]
fn a_resource_in_percent_escapes() {
    refused(on("accounts/%65mea/42"), [(Some(1), DenyCode::ResourceNotGranted)]);
    no_path(&["a%2fb", "a%2Fb", "a/%2e%2e/b", "a/.%2e/b", "a/%2E./b", "a%5cb", "a%252fb", "a%00"]);
}

#[test]
fn a_resource_that_climbs() {
    no_path(&["a/../b", "../a", "a/..", "..", "a/./b", ".", "./a", "a/b/../../c"]);
}

#[test]
fn a_resource_that_climbs_in_disguise() {
    no_path(&[
        "a/..;/b",
        "a/.;x/b",
        "a/.. /b",
        "a/%c0%ae%c0%ae/b",
        "a/%u002e/b",
        "a/..%3b/b",
        "a/..%20/b",
        "a/%20../b",
        "a/..?/b",
        "a/..#x/b",
        "a/%f0%80%80%ae/b",
    ]);
}

/// Characters that Unicode folds to `.`, `..`, `/`, `\` or `%` (NFKC), alone or with others.
#[test]
fn a_resource_that_climbs_once_it_is_normalised() {
    no_path(&[
        "a/\u{ff0e}\u{ff0e}/b",
        "a/.\u{2024}/b",
        "a/\u{fe52}\u{fe52}/b",
        "a/\u{2025}/b",
        "a/\u{fe30}/b",
        "a/..\u{ff0f}b",
        "a/..\u{ff0f}..\u{ff0f}b",
        "a/..\u{ff3c}b",
        "a/..\u{fe68}b",
        "a\u{ff0f}b",
        "a/\u{2100}",
        "a/\u{2101}b",
        "a/\u{2105}b",
        "a/b\u{2106}",
        "a/\u{ff05}2e\u{ff05}2e/b",
        "a/..\u{fe6a}2fb",
    ]);
}

#[test]
fn a_resource_with_slashes_where_none_belong() {
    no_path(&["a/", "a//b", "a/b/", "a///"]);
    for text in ["/a", "//a", "/", ""] {
        assert!(Request::new("files.read", text, "files.acme.com").is_err(), "{text}");
        assert!(!Constraint::subpath("a").unwrap().permits(&Value::from(text)), "{text}");
    }
}

#[test]
fn a_resource_with_back_slashes() {
    no_path(&["a\\b", "a\\..\\b", "a/..\\b", "\\a", "\\\\server\\share", "C:\\x"]);
}

#[test]
fn a_resource_with_characters_that_cannot_be_seen() {
    no_path(&[
        "a/b\0",
        "a/b\0.txt",
        "a/b\n",
        "a/\u{7f}b",
        "a/b\u{200b}",
        "a/\u{202e}b",
        "a/\u{feff}b",
        "a/b\u{ad}",
        "a/\u{e0041}b",
        "a/b\u{a0}",
        "a/b\u{2028}",
    ]);
}

#[test]
fn a_resource_that_is_a_pattern() {
    for text in ["**", "*", "accounts/**", "accounts/*", "accounts/*/42", "accounts/e*"] {
        let made = Request::new("crm.read", text, "crm.acme.com");
        let is_refused = matches!(made, Err(RequestError::Resource(_)));
        assert!(is_refused, "{text}");
    }
    for text in ["accounts/*/42", "**/x", "a*", "a/b*", "*/**", "a/**/b", "***", "a/***"] {
        assert!(ResourcePattern::from_str(text).is_err(), "{text}");
    }
}

#[test]
fn a_resource_that_is_too_long() {
    let long = "x".repeat(4_096);
    assert!(Request::new("a", &long, "b").is_ok());
    assert!(Request::new("a", &format!("{long}x"), "b").is_err());
    let deep = ["x"; 64].join("/");
    assert!(Request::new("a", &deep, "b").is_ok());
    assert!(Request::new("a", &format!("{deep}/x"), "b").is_err());
}

#[test]
fn an_operation_in_another_spelling() {
    for operation in ["Crm.Read", "CRM.READ", "crm.reads"] {
        refused(
            decided_on_request(operation, "accounts/emea/42", r#"{"limit": 5}"#),
            [(Some(0), DenyCode::OperationNotGranted), (Some(1), DenyCode::OperationNotGranted)],
        );
    }
    for operation in [
        "",
        ".",
        "crm.",
        ".crm",
        "crm..read",
        "crm.*",
        "*",
        "crm read",
        "crm.read ",
        "crm.read\0",
        "cr\u{43c}.read",
        "crm\u{ff0e}read",
        "crm.r\u{e9}ad",
        "crm.read\n",
        "crm%2eread",
        "crm\\read",
    ] {
        let made = Request::new(operation, "accounts/emea/42", "crm.acme.com");
        let is_refused = matches!(made, Err(RequestError::Operation(_)));
        assert!(is_refused, "{operation}: {made:?}");
    }
}

#[test]
fn an_audience_that_cannot_be_seen() {
    for audience in ["", " ", "\u{200b}", "crm\0", "crm\n", "crm\u{202e}", "crm\u{a0}x", "\u{2800}"]
    {
        let made = Request::new("crm.read", "accounts/1", audience);
        assert_eq!(made, Err(RequestError::Audience { found: audience.to_owned() }));
    }
}

#[test]
fn a_path_outside_of_the_granted_directory() {
    no_file(&["/etc/passwd", "/data/x", "data2/x", "Data/x", "etc", "x/data/y", "d\u{430}ta/x"]);
}

#[test]
fn a_path_that_climbs_out_of_the_granted_directory() {
    no_file(&[
        "data/../etc/passwd",
        "data/./x",
        "data/..",
        "data//x",
        "data/",
        "./data/x",
        "data/%2e%2e/x",
        "data%2fx",
        "data\\..\\x",
        "data/..;/x",
        "data/x\0",
        "data/..\u{ff0f}x",
        "data/\u{2025}/x",
        "",
    ]);
}

/// Only a shell expands a tilde or a variable; as paths they stay below the directory.
#[test]
fn a_path_that_a_shell_would_expand() {
    no_file(&["~/x", "~root", "$HOME/x", "${HOME}/data", "`id`/data"]);
}

#[test]
fn a_glob_with_wildcards_of_another_language() {
    for pattern in
        ["a/[b]", "a/?", "{a,b}", "a/{b}", "a\\*", "\\*", "a/[!b]*", "a/\\[b\\]", "a/**b"]
    {
        let made = Constraint::glob(pattern);
        assert!(matches!(made, Err(ConstraintError::Glob { .. })), "{pattern}");
    }
}

/// An argument that is a pattern itself is text to a glob.
#[test]
fn a_glob_as_an_argument_under_a_glob() {
    let own = Capability::new("crm.read", "**")
        .and_then(|own| own.with_arg("path", [Constraint::glob("data/*.csv").unwrap()]))
        .unwrap();
    for path in ["data/**", "**", "data/*/x.csv", "data/x.csv/..", "data/x.csv.exe", "data/x/y.csv"]
    {
        let args = serde_json::json!({ "path": path }).to_string();
        refused(decided_on_args(own.clone(), &args), [(Some(0), DenyCode::ArgumentRefused)]);
    }
}
